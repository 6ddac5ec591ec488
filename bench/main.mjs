// The goals of docs/performance.md, measured: `make bench`. Ratios only, candidate and baseline in turn, medians of the rounds.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import * as goals from "./goals.mjs";
import { run, stopAll } from "./machine.mjs";
import { print, summary } from "./table.mjs";

const [qiangke, baseline] = process.argv.slice(2, 4);
const wanted = process.argv.slice(4);
const folder = mkdtempSync(join(tmpdir(), "bench-"));
run("chmod", ["755", folder]);

const end = async () => {
  await stopAll();
  await goals.close();
  rmSync(folder, { recursive: true, force: true });
};
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => end().finally(() => process.exit(130)));

const rows = [];
try {
  const setting = { qiangke, baseline, folder };
  for (const [name, measure] of Object.entries(goals.all)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    process.stderr.write(`${name} …\n`);
    try {
      rows.push(...(await measure(setting)));
    } catch (error) {
      // A run that went wrong, or whose audit is not green, has no number.
      rows.push({ goal: name, what: `no number: ${error.message.split("\n")[0]}` });
    }
  }
} finally {
  await end();
}
const machine = { cores: cpus().length, processor: cpus()[0].model, node: process.version };
mkdirSync("target/bench", { recursive: true });
writeFileSync("target/bench/speed.json", `${JSON.stringify({ machine, ...summary(rows), rows }, null, 2)}\n`);
print(rows);
process.stdout.write("\nall of it: target/bench/speed.json\n");
