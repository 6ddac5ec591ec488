// The table of a benchmark, and whether the machine was quiet enough to judge by it.
import { median } from "./machine.mjs";

/// The spread of a baseline's rounds, as a part of their median, above which no verdict is given.
const NOISE_MAX = 0.25;

const round = (value, digits) => (Number.isFinite(value) ? value.toFixed(digits) : "");

/// A row of rounds of candidate and baseline, each `{perS, us}`: the goal is a ratio of rates at least.
export const ratio = (goal, what, least, rounds) => {
  const ratios = rounds.map(({ candidate, baseline }) => candidate.perS / baseline.perS);
  const rates = rounds.map(({ baseline }) => baseline.perS);
  return {
    goal,
    what,
    candidate: median(rounds.map(({ candidate }) => candidate.perS)),
    baseline: median(rates),
    unit: "/s",
    ratio: { min: Math.min(...ratios), median: median(ratios), max: Math.max(...ratios) },
    us: median(rounds.map(({ candidate }) => candidate.us)),
    usBaseline: median(rounds.map(({ baseline }) => baseline.us)),
    bound: `>= ${least}`,
    met: median(ratios) >= least,
    noise: (Math.max(...rates) - Math.min(...rates)) / median(rates),
    rounds,
  };
};

/// A row of one figure that must not exceed a bound.
export const atMost = (goal, what, values, most, unit) => {
  const value = median(values);
  return { goal, what, candidate: value, unit, bound: `<= ${round(most, most < 10 ? 2 : 0)} ${unit}`, met: value <= most, rounds: values };
};

const isNoisy = ({ noise = 0 }) => noise > NOISE_MAX;
const verdict = (row) => (row.bound === "" ? "" : row.bound === undefined ? "no number" : isNoisy(row) ? "too noisy to judge" : row.met ? "met" : "MISSED");

export const summary = (rows) => ({ missed: rows.filter((row) => !["met", ""].includes(verdict(row))).map(({ goal, what }) => `${goal} ${what}`) });

export const print = (rows) => {
  const cells = (row) => [
    row.goal,
    row.what,
    row.candidate === undefined ? "" : `${round(row.candidate, row.candidate < 100 ? 1 : 0)} ${row.unit}`,
    row.baseline === undefined ? "" : `${round(row.baseline, 0)} ${row.unit}`,
    row.ratio ? `${round(row.ratio.median, 2)} (${round(row.ratio.min, 2)}-${round(row.ratio.max, 2)})` : "",
    round(row.us, 1),
    round(row.usBaseline, 1),
    row.bound ?? "",
    verdict(row),
  ];
  const table = [["goal", "what", "candidate", "baseline", "ratio", "us", "us base", "bound", ""], ...rows.map(cells)];
  const widths = table[0].map((_, column) => Math.max(...table.map((line) => line[column].length)));
  for (const line of table) process.stdout.write(`${line.map((cell, column) => cell.padEnd(widths[column])).join("  ").trimEnd()}\n`);
};
