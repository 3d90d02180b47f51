// Ends a program that connects to another machine: `node --import ./only_here.mjs PROGRAM`.
import { Socket } from "node:net";

const HERE = new Set(["127.0.0.1", "::1", "localhost"]);
const { connect } = Socket.prototype;

Socket.prototype.connect = function(...given) {
  const [options] = Array.isArray(given[0]) ? given[0] : given;
  const host = typeof options === "object" ? options.host : given[1];
  if (host && !HERE.has(host)) {
    console.error(`it asks ${host}`);
    process.exit(3);
  }
  return connect.apply(this, given);
};
