import { defineConfig, devices } from "@playwright/test";
import type { Options } from "./shop.ts";

// The whole suite runs once: on a desktop, with JavaScript, in Chinese. What students come for also runs without JavaScript,
// on a phone, and in English. A `*.hydrate.spec.ts` is about what only JavaScript does.
const journeys = "journey.spec.ts";

export default defineConfig<Options>({
  testDir: ".",
  outputDir: "test-results",
  fullyParallel: true,
  forbidOnly: true,
  workers: 2,
  retries: 0,
  timeout: 30_000,
  expect: {
    timeout: 8_000,
    // A tree says everything, so what a page has more than its snapshot is found, too.
    toMatchAriaSnapshot: { pathTemplate: "{testDir}/snapshots/{arg}{ext}", children: "deep-equal" },
  },
  reporter: [["list"]],
  use: {
    locale: "zh-CN",
    timezoneId: "Asia/Shanghai",
    trace: "retain-on-failure",
    // A view transition takes clicks for as long as it runs; tests about motion ask for it themselves.
    contextOptions: { reducedMotion: "reduce" },
    launchOptions: {
      executablePath: process.env.CHROMIUM,
      // Nothing but the shop is talked to. No sandbox, since it needs rights that a container rarely has.
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  projects: [
    { name: "desktop", use: { ...devices["Desktop Chrome"], channel: undefined } },
    { name: "no-javascript", testIgnore: "*.hydrate.spec.ts", use: { ...devices["Desktop Chrome"], javaScriptEnabled: false } },
    { name: "phone", testMatch: journeys, use: { ...devices["Pixel 7"], viewport: { width: 360, height: 740 } } },
    { name: "english", testMatch: journeys, use: { ...devices["Desktop Chrome"], locale: "en-GB", lang: "en" } },
  ],
});
