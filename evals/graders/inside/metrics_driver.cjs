// Runs inside the sandbox: what TypeScript's compiler and ESLint find in an answer's files. Runs nothing of the answer.
//
// Called with the folder of the web toolchain and the tool: tsc, eslint, or syntax. One JSON document on stdout. Comments in
// the answer cannot switch rules off: ESLint ignores them, and those of TypeScript count as findings.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { createRequire } = require("node:module");

const [web, tool] = process.argv.slice(2);
const packages = path.join(web, "node_modules");
const { files } = JSON.parse(fs.readFileSync("metrics.json", "utf8"));
const load = createRequire(path.join(web, "package.json"));

function linked() {
  try {
    fs.symlinkSync(packages, "node_modules");
  } catch {
    // it is there
  }
}

function found(ts, diagnostics) {
  return diagnostics
    .filter((one) => one.category === ts.DiagnosticCategory.Error)
    .map((one) => {
      const place = one.file && one.start !== undefined ? one.file.getLineAndCharacterOfPosition(one.start) : { line: 0 };
      const file = one.file ? path.relative(process.cwd(), one.file.fileName) : "";
      const message = ts.flattenDiagnosticMessageText(one.messageText, " ");
      return { file, line: place.line + 1, code: `TS${one.code}`, message };
    });
}

function options(ts) {
  const fixed = { noEmit: true, skipLibCheck: true, incremental: false, composite: false };
  const given = ts.findConfigFile(process.cwd(), (name) => fs.existsSync(name) && path.dirname(name) === process.cwd());
  if (given) {
    const read = ts.readConfigFile(given, (name) => fs.readFileSync(name, "utf8"));
    const parsed = ts.parseJsonConfigFileContent(read.config ?? {}, ts.sys, process.cwd());
    return { ...parsed.options, ...fixed };
  }
  return {
    strict: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    jsx: ts.JsxEmit.ReactJSX,
    allowJs: true,
    esModuleInterop: true,
    ...fixed,
  };
}

function tsc() {
  linked();
  const ts = load("typescript");
  const program = ts.createProgram(files, options(ts));
  const ours = new Set(files);
  const all = found(ts, ts.getPreEmitDiagnostics(program)).filter((one) => !one.file || ours.has(one.file));
  for (const file of files) {
    fs.readFileSync(file, "utf8").split("\n").forEach((text, index) => {
      const silenced = /@ts-(nocheck|ignore|expect-error)/.exec(text);
      if (silenced) all.push({ file, line: index + 1, code: silenced[0], message: "switches checks off" });
    });
  }
  return all;
}

function syntax() {
  const ts = load("typescript");
  return files.flatMap((fileName) => {
    const text = fs.readFileSync(fileName, "utf8");
    const compilerOptions = { jsx: ts.JsxEmit.ReactJSX, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
    const { diagnostics } = ts.transpileModule(text, { fileName, compilerOptions, reportDiagnostics: true });
    return found(ts, diagnostics ?? []);
  });
}

async function eslint() {
  linked();
  const { ESLint } = load("eslint");
  const hooks = load("eslint-plugin-react-hooks");
  const globals = load("globals");
  const typescript = load("typescript-eslint");
  const config = [
    load("@eslint/js").configs.recommended,
    ...typescript.configs.recommended,
    {
      files: ["**/*"],
      plugins: { "react-hooks": hooks },
      rules: { "react-hooks/rules-of-hooks": "error", "react-hooks/exhaustive-deps": "warn" },
      linterOptions: { noInlineConfig: true },
      languageOptions: {
        globals: { ...globals.browser, ...globals.node },
        parserOptions: { ecmaFeatures: { jsx: true } },
      },
    },
  ];
  const linter = new ESLint({ overrideConfigFile: true, overrideConfig: config, ignore: false });
  const results = await linter.lintFiles(files);
  return results.flatMap((result) =>
    result.messages.map((one) => ({
      file: path.relative(process.cwd(), result.filePath),
      line: one.line ?? 1,
      code: one.ruleId ?? "syntax",
      message: one.message,
      warning: one.severity === 1 && !one.fatal,
    })),
  );
}

(async () => {
  let all;
  try {
    all = await { tsc, eslint, syntax }[tool]();
  } catch (error) {
    // The answer's doing: its files are all that is not the same in every run.
    if (!(error instanceof RangeError)) throw error;
    all = [{ file: files[0], line: 1, code: "depth", message: "nested deeper than the tool goes" }];
  }
  process.stdout.write(JSON.stringify({ findings: all }));
})().catch((error) => {
  process.stderr.write(String(error && error.stack));
  process.exitCode = 70;
});
