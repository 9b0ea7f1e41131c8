// Runs inside the sandbox, in vitest's main process; candidate code runs in its worker processes only.
// Speaks on standard output with a secret that is gone from the disk before the first worker starts.
import { existsSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';

const here = import.meta.dirname;
const root = path.dirname(here);
const web = process.argv[2];
const job = JSON.parse(readFileSync(path.join(here, 'job.json'), 'utf8'));
rmSync(path.join(here, 'job.json'), { force: true });

const say = (value) => new Promise((done) => process.stdout.write(`\n${job.secret} ${JSON.stringify(value)}\n`, done));
const forbidden = new RegExp(job.forbidden);
const sources = new Map(Object.entries(job.sources).map(([file, text]) => [path.join(root, file), text]));
const tests = new Set(sources.keys());
const violations = [];
const matchers = '@testing-library/jest-dom';
const plain = (text) => String(text ?? '').replace(/\u001b\[[0-9;]*m/g, '').slice(0, 600);

const guard = {
  name: 'goldloop-guard',
  enforce: 'pre',
  resolveId(source, importer) {
    if (source === 'goldloop-matchers' && importer?.split('?')[0] === path.join(here, 'setup.mjs')) return '\0goldloop-matchers';
    const from = importer?.split('?')[0];
    if (!from || tests.has(from) || !from.startsWith(root + path.sep) || from.startsWith(here + path.sep)) return null;
    // What vitest itself loads, it loads in the name of a page that is not there.
    if (from.includes('/node_modules/') || from === path.join(root, 'index.html')) return null;
    const target = source.startsWith('.') ? path.resolve(path.dirname(from), source.split('?')[0]) : source.split('?')[0];
    const ours = [target, path.join(root, target)].some((file) =>
      file === here || file.startsWith(here + path.sep) || tests.has(file) || [...tests].some((test) => test.startsWith(file + '.')));
    if (!ours && !forbidden.test(source)) return null;
    violations.push(`${path.relative(root, from)} imports ${source}`);
    return `\0goldloop-forbidden:${source}`;
  },
  // Components in .js files are common in the field; the bundler itself takes JSX in .jsx and .tsx only.
  transform(code, id) {
    const file = id.split('?')[0];
    if (!file.endsWith('.js') || !file.startsWith(root + path.sep) || file.includes('/node_modules/')) return null;
    return transformWithOxc(code, file, { lang: 'jsx', jsx: { runtime: 'automatic' } });
  },
  // The text of a test file is on the disk nowhere: a candidate could read there what the tests look for.
  load(id) {
    if (tests.has(id.split('?')[0])) return sources.get(id.split('?')[0]);
    if (id === '\0goldloop-matchers') return existsSync(path.join(web, 'node_modules', matchers)) ? `import '${matchers}/vitest';` : '';
    if (!id.startsWith('\0goldloop-forbidden:')) return null;
    return `throw new Error(${JSON.stringify(`may not be imported here: ${id.split(':').slice(1).join(':')}`)});`;
  },
};

const modules = [];
const reporter = {
  onTestRunEnd(found) {
    for (const module of found) {
      const rows = [...module.children.allTests()].map((test) => {
        const names = [test.name];
        for (let at = test.parent; at && at.type === 'suite'; at = at.parent) names.unshift(at.name);
        const result = test.result();
        return { name: names.join(' > '), state: result.state, message: plain(result.errors?.[0]?.message) };
      });
      const errors = module.errors().map((error) => plain(`${error.name}: ${error.message}`));
      for (const suite of module.children.allSuites()) errors.push(...suite.errors().map((e) => plain(`${e.name}: ${e.message}`)));
      modules.push({ file: path.relative(root, module.moduleId), tests: rows, errors });
    }
  },
};

// The packages that most pages load, compiled before (modules.cjs); where there is no such archive, the worker loads their files.
const archive = path.join(web, `modules-${job.modules}-${process.version}-${process.arch}.bin`);
const compiled = job.environment === 'jsdom' && existsSync(archive);
if (compiled) process.env.GOLDLOOP_MODULES = archive;
if (!existsSync(path.join(root, 'node_modules'))) symlinkSync(path.join(web, 'node_modules'), path.join(root, 'node_modules'));
let started;
let transformWithOxc;
try {
  const { createVitest } = await import('vitest/node');
  ({ transformWithOxc } = await import('vite'));
  started = await createVitest('test', {
    config: false, root, watch: false, execArgv: compiled ? ['--require', path.join(here, 'modules.cjs')] : [], environment: job.environment, reporters: [reporter], setupFiles: [path.join(here, 'setup.mjs')],
    include: Object.keys(job.sources), pool: 'forks', maxWorkers: 1, fileParallelism: false, isolate: true, cache: false, css: false, api: false,
    silent: true, allowOnly: false, retry: 0, runner: path.join(here, 'runner.mjs'), testTimeout: job.most_milliseconds, hookTimeout: job.most_milliseconds, typecheck: { enabled: false },
    dangerouslyIgnoreUnhandledErrors: true, passWithNoTests: true, sequence: { shuffle: false, concurrent: false },
  }, {
    configFile: false, envFile: false, clearScreen: false, logLevel: 'silent', publicDir: false, plugins: [guard],
    css: { postcss: { plugins: [] } }, // given here, or it is looked for in the project, and run
    optimizeDeps: { noDiscovery: true, include: [] },
    oxc: { jsx: { runtime: 'automatic' } },
    resolve: { alias: [
      { find: /^@testing-library\/jest-dom(\/extend-expect)?$/, replacement: '@testing-library/jest-dom/vitest' },
      ...job.aliases.map(([name, file]) => ({ find: new RegExp(`^${name}/`), replacement: `${path.join(root, file)}/` })),
    ] },
  });
} catch (error) {
  await say({ fault: plain(error?.stack ?? error) });
  process.exit(70);
}
// The worker needs the text of its test file once. Whoever asks for it again is the candidate.
const served = new Set();
for (const project of started.projects) {
  const fetch = project._fetcher;
  project._fetcher = async (url, importer, environment, cached, ...rest) => {
    const ours = [...tests].some((file) => String(url).includes(path.basename(file)));
    const found = await fetch(url, importer, environment, ours ? false : cached, ...rest);
    const file = String(found.file ?? found.id ?? url).split('?')[0];
    if (!tests.has(file)) return found;
    if (served.has(file)) {
      violations.push('the text of a test file was asked for');
      throw new Error('may not be read here');
    }
    served.add(file);
    return found;
  };
}
await say({ ready: true });
try {
  await started.start();
} catch (error) {
  modules.push({ file: '', tests: [], errors: [plain(error?.stack ?? error)] });
}
const failed = modules.some((module) => module.errors.length || module.tests.some((test) => test.state !== 'passed'));
await say({ modules, violations });
process.exit(failed ? 1 : 0);
