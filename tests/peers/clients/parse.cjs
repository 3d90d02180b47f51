// Prints the errors of TypeScript's parser, one a line: `node parse.cjs MODULES < {"NAME": "TEXT"}`.
const { readFileSync } = require('node:fs')
const { createRequire } = require('node:module')

const ts = createRequire(`${process.argv[2]}/`)('typescript')
const compilerOptions = { jsx: ts.JsxEmit.Preserve, module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ESNext }

for (const [fileName, text] of Object.entries(JSON.parse(readFileSync(0, 'utf8')))) {
  const { diagnostics } = ts.transpileModule(text, { fileName, compilerOptions, reportDiagnostics: true })
  for (const found of diagnostics) {
    console.log(`${fileName}: ${ts.flattenDiagnosticMessageText(found.messageText, ' ')}`)
  }
}
