// Runs inside the sandbox: runs a JavaScript program once a case, each in a process and a folder of its own.
//
// It knows no expected output. One JSON line a case on a descriptor that the programs do not inherit, so that a time-out
// keeps the cases before it; the first case that does not end well is the last. Each line has the job's token, which no program
// sees; a fault says what kept a case from being run. Node.js alone.
"use strict";
const { spawn } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const ERROR_BYTES = 2000;
const job = JSON.parse(fs.readFileSync("job.json", "utf8"));
fs.unlinkSync("job.json");
const here = process.cwd();

function prepare(index, stdin) {
  const folder = path.join(here, `case-${index}`);
  fs.mkdirSync(folder);
  for (const [name, text] of Object.entries(job.starter)) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), text);
  }
  const file = path.join(folder, ".stdin");
  fs.writeFileSync(file, stdin);
  const descriptor = fs.openSync(file, "r");
  fs.unlinkSync(file);
  return { folder, descriptor };
}

function runCase(index, stdin) {
  const { folder, descriptor } = prepare(index, stdin);
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [path.join(here, job.program)], {
      cwd: folder,
      stdio: [descriptor, "pipe", "pipe"],
      detached: true,
    });
    const out = [];
    let size = 0;
    let err = Buffer.alloc(0);
    let flood = false;
    child.stdout.on("data", (chunk) => {
      size += chunk.length;
      if (size <= job.output_bytes) {
        out.push(chunk);
      } else if (!flood) {
        flood = true;
        if (!child.kill("SIGKILL")) child.stdout.destroy(); // nothing may be killed in this job, whose end ends the program
      }
    });
    child.stderr.on("data", (chunk) => {
      err = Buffer.concat([err, chunk]).subarray(-ERROR_BYTES);
    });
    const end = (code, signal) => {
      fs.closeSync(descriptor);
      try {
        fs.rmSync(folder, { recursive: true, force: true });
      } catch {
        // a program may have made its folder unreadable
      }
      resolve({ code: signal ? 256 : code, signal, out: Buffer.concat(out).toString(), err: err.toString(), flood });
    };
    child.on("error", (error) => flood || resolve({ fault: `driver: ${error.message}` }));
    // What the program left running may hold the pipes open: it is ended first, then the pipes end.
    child.on("exit", () => {
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch {
        // nothing was left
      }
    });
    child.on("close", end);
  });
}

(async () => {
  for (const [place, stdin] of job.stdin.entries()) {
    const index = job.first + place;
    let found;
    try {
      found = await runCase(index, stdin);
    } catch (error) {
      found = { fault: `driver: ${error.message}` };
    }
    fs.writeSync(1, JSON.stringify({ case: index, token: job.token, ...found }) + "\n");
    if (found.code !== 0 || found.flood) return;
  }
})();
