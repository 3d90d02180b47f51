// Bluesky's Personal Data Server and its identity directory, on loopback: `node pds.mjs MODULES FOLDER PORT
// DIRECTORY_PORT APPVIEW_PORT`. Ends at SIGTERM. FOLDER holds all its data.
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [modules, folder, port, directoryPort, appviewPort] = process.argv.slice(2);
const { Database, PlcServer } = createRequire(join(modules, "x.js"))("@did-plc/server");
const { PDS, envToCfg, envToSecrets } = await import(
  pathToFileURL(join(modules, "@atproto/pds/dist/index.js"))
);

const at = name => {
  mkdirSync(join(folder, name), { recursive: true });
  return join(folder, name);
};
const environment = { port: Number(port), hostname: "localhost", devMode: true, dataDirectory: at("data"),
  blobstoreDiskLocation: at("blobs"), blobstoreDiskTmpLocation: at("incoming"),
  didPlcUrl: `http://localhost:${directoryPort}`, serviceHandleDomains: [".test"], inviteRequired: false,
  enableDidDocWithSession: true, disableSsrfProtection: true, rateLimitsEnabled: true,
  blobUploadLimit: 5 * 1024 * 1024, bskyAppViewUrl: `http://127.0.0.1:${appviewPort}`,
  bskyAppViewDid: "did:web:appview.invalid", crawlers: [], jwtSecret: "jwt-secret-of-the-tests-32-bytes",
  adminPassword: "admin-password-of-the-tests", plcRotationKeyK256PrivateKeyHex: "11".repeat(32) };

const directory = PlcServer.create({ db: Database.mock(), port: Number(directoryPort) });
await directory.start();
const pds = await PDS.create(envToCfg(environment), envToSecrets(environment));
await pds.start();

process.on("SIGTERM", async () => {
  await pds.destroy();
  await directory.destroy();
  process.exit(0);
});
