// A shop for each worker, in a folder of its own, on a port that is free: tests of one worker run one after the other, so
// that no test sees what another changes meanwhile.

import { test as base, expect, request, type APIRequestContext, type Locator, type Page } from "@playwright/test";
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startEngines, type Engines } from "./engines.ts";
import { texts, type Lang, type Texts } from "./texts.ts";

const run = promisify(execFile);

const repository = fileURLToPath(new URL("..", import.meta.url));
const program = process.env.QIANGKE ?? join(repository, "target/debug/qiangke");
const site = process.env.SITE ?? join(repository, "target/site");

/** How long the server may take to start, in ms. */
const START_TIMEOUT = 15_000;
/** How long it may take to let go of what it does, in ms. */
const STOP_TIMEOUT = 15_000;
/** Within this time a change made by a command is on every page, in ms. */
export const NEWS_TIMEOUT = 1_000;

/** A running shop. */
export class Shop {
  /** The folder of its first data. */
  readonly seed = join(repository, "seed");

  private constructor(
    readonly url: string,
    private readonly folder: string,
    private readonly engines: Engines,
    private readonly server: ChildProcess,
  ) {}

  /**
   * Fills a new database with the seed, and serves it. `change` is what becomes of the seed's SQL; more than `calm` codes in a minute cost work;
   * `own` are flags in the place of `--demo`.
   */
  static async start({ change = (sql: string) => sql, calm = 100_000, own = ["--demo"] } = {}): Promise<Shop> {
    const folder = await mkdtemp(join(tmpdir(), "qiangke-"));
    const engines = await startEngines(folder);
    const env = environment(folder, engines);
    await cli(env, folder, "migrate");
    for (const seed of ["courses.sql", "banners.sql"]) {
      const changed = join(folder, seed);
      await writeFile(changed, change(await readFile(join(repository, "seed", seed), "utf8")));
      await cli(env, folder, "import", changed);
    }
    const lessons = `--lessons-dir=${join(repository, "seed/lessons")}`;
    const flags = [lessons, "--listen=127.0.0.1:0", "--metrics-listen=127.0.0.1:0", `--site-root=${site}`, "--log-format=json"];
    // Every test signs somebody in, all from one address.
    const limits = ["--sms-address-hour=100000", `--sms-calm-minute=${calm}`];
    const server = spawn(program, ["serve", ...flags, ...limits, ...own], { cwd: folder, env, stdio: ["ignore", "ignore", "pipe"] });
    // A test that fails in between does not stop it.
    const kill = () => server.kill("SIGKILL");
    process.once("exit", kill);
    server.once("exit", () => process.off("exit", kill));
    const url = await address(server);
    await expect.poll(async () => (await fetch(`${url}/healthz`)).status).toBe(200);
    return new Shop(url, folder, engines, server);
  }

  /** Runs a command on the shop's database, as an operator does. */
  async command(...args: string[]): Promise<string> {
    return cli(environment(this.folder, this.engines), this.folder, ...args);
  }

  /** A sale of a course, known to the running shop; gives its number. */
  async sale({ course = 2, price = "9.90", stock = 10, opens = "now", closes = "+60" } = {}): Promise<number> {
    const args = Object.entries({ course, price, stock, opens, closes }).map(([name, value]) => `--${name}=${value}`);
    // Tests make sales that an operator would be asked back about.
    const said = await this.command("sale", "create", "--yes", ...args);
    const id = Number(/^sale (\d+)/.exec(said)?.[1]);
    await expect.poll(async () => (await fetch(`${this.url}/api/v1/sale/now/?id=${id}`)).status, { intervals: [50] }).toBe(200);
    return id;
  }

  /** A student who signed in without a page. */
  async student(mobile = newMobile()): Promise<Student> {
    const http = await request.newContext({ baseURL: this.url });
    await said(http.post("/api/v1/user/send_sms/", { data: { mobile } }));
    await said(http.post("/api/v1/user/login_sms/", { data: { mobile, code: await this.code(mobile) } }));
    return new Student(http);
  }

  /** The code that was sent last to a mobile. */
  async code(mobile: string): Promise<string> {
    let code = "";
    await expect
      .poll(async () => {
        const outbox = await readFile(join(this.folder, "outbox.jsonl"), "utf8").catch(() => "");
        const line = outbox.split("\n").findLast((line) => line.includes(mobile)) ?? "";
        return (code = /"code":"(\d{6})"/.exec(line)?.[1] ?? "");
      })
      .not.toBe("");
    return code;
  }

  /** Ends the server and removes its folder. */
  async stop(): Promise<void> {
    if (this.server.exitCode === null) {
      const ended = new Promise((done) => this.server.once("exit", done));
      this.server.kill("SIGTERM");
      const late = setTimeout(() => this.server.kill("SIGKILL"), STOP_TIMEOUT);
      await ended;
      clearTimeout(late);
    }
    await this.engines.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Somebody with a session and no page. */
export class Student {
  constructor(readonly http: APIRequestContext) {}

  /** Clicks, and gives the ticket. */
  async click(sale: number): Promise<string> {
    const { task_id } = await said(this.http.post("/api/v1/user/sckill/", { data: { sale } }));
    return String(task_id);
  }

  /** Clicks, and waits until the ticket is decided; gives it. */
  async grab(sale: number): Promise<string> {
    const ticket = await this.click(sale);
    await expect.poll(async () => (await said(this.http.get(`/api/v1/user/sckill/?task_id=${ticket}`))).code).toBe(100);
    return ticket;
  }

  /** The number of the newest order. */
  async order(): Promise<number> {
    const { result } = await said(this.http.get("/api/v1/user/order/"));
    const [newest] = result as { id: number }[];
    expect(newest, "an order").toBeDefined();
    return newest?.id ?? 0;
  }
}

/** The JSON of an answer that succeeded. */
async function said(answer: ReturnType<APIRequestContext["get"]>): Promise<Record<string, unknown>> {
  const got = await answer;
  expect(got.status(), await got.text()).toBe(200);
  return (await got.json()) as Record<string, unknown>;
}

function environment(folder: string, engines: Engines): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, SMS_OUTBOX: join(folder, "outbox.jsonl"), ...engines.env };
}

async function cli(env: NodeJS.ProcessEnv, folder: string, ...args: string[]): Promise<string> {
  const { stdout } = await run(program, args, { cwd: folder, env });
  return stdout;
}

/** The address that the server's log names once it serves. The log is read on, so that the server never waits for a reader. */
async function address(server: ChildProcess): Promise<string> {
  const log: string[] = [];
  return new Promise((found, failed) => {
    const late = setTimeout(() => failed(new Error(`no address in time:\n${log.join("\n")}`)), START_TIMEOUT);
    server.once("exit", (code) => failed(new Error(`the server ended with ${code}:\n${log.join("\n")}`)));
    if (server.stderr === null) return;
    createInterface({ input: server.stderr }).on("line", (line) => {
      log.push(line);
      if (log.length > 50) log.shift();
      const at = /"address":"([^"]+)"/.exec(line)?.[1];
      if (at !== undefined) {
        clearTimeout(late);
        found(`http://${at}`);
      }
    });
  });
}

/** What a project sets. */
export type Options = {
  /** The pages' language. */
  lang: Lang;
};

type Fixtures = {
  /** The words of that language. */
  t: Texts;
  /** A page's path in that language. */
  path: (path: string) => string;
  /** Fails a test when a page breaks its own policy or throws. */
  watch: void;
};

export const test = base.extend<Options & Fixtures, { shop: Shop }>({
  shop: [
    async ({}, use) => {
      const shop = await Shop.start();
      await use(shop);
      // Whatever the tests did, every invariant of the database holds.
      await shop.command("audit");
      await shop.stop();
    },
    { scope: "worker" },
  ],
  baseURL: async ({ shop }, use) => use(shop.url),
  lang: ["zh", { option: true }],
  t: async ({ lang }, use) => use(texts[lang]),
  path: async ({ lang }, use) => use((path) => (lang === "zh" ? path : path === "/" ? "/en" : `/en${path}`)),
  context: async ({ context, javaScriptEnabled }, use) => {
    if (javaScriptEnabled) context.on("page", waitForIslands);
    await use(context);
  },
  watch: [
    async ({ context }, use) => {
      const wrong: string[] = [];
      context.on("weberror", (error) => wrong.push(`threw: ${error.error().message}`));
      context.on("console", (message) => {
        if (message.type() === "error" && !/Failed to load resource/.test(message.text())) wrong.push(`console: ${message.text()}`);
      });
      await use();
      expect(wrong, "what pages complained of").toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

/** Until it is there a button is a form's, as without JavaScript: what a test does first would go that way on some days. */
function waitForIslands(page: Page): void {
  const [goto, reload, waitForURL] = [page.goto.bind(page), page.reload.bind(page), page.waitForURL.bind(page)];
  page.goto = async (...args) => islandsAfter(page, await goto(...args));
  page.reload = async (...args) => islandsAfter(page, await reload(...args));
  page.waitForURL = async (...args) => islandsAfter(page, await waitForURL(...args));
}

async function islandsAfter<T>(page: Page, answer: T): Promise<T> {
  const asleep = () =>
    page.evaluate(() => Array.from(document.querySelectorAll("leptos-island")).filter((island) => !("$$hydrated" in island)).length);
  await expect.poll(asleep, { message: "islands that are not hydrated", intervals: [20] }).toBe(0);
  return answer;
}

/** A mobile that no other test has. */
export function newMobile(): string {
  return `13${Math.floor(Math.random() * 1e9).toString().padStart(9, "0")}`;
}

/** The code that the sign-in page shows for a mobile, as soon as it was sent. */
export async function codeFor(page: Page, t: Texts, mobile: string): Promise<string> {
  const outbox = page.getByRole("complementary", { name: t.outbox });
  const message = outbox.getByRole("listitem").filter({ hasText: mobile }).first();
  await expect(async () => {
    if ((await message.count()) === 0) await page.reload();
    await expect(message).toBeVisible({ timeout: 500 });
  }).toPass();
  return /\b(\d{6})\b/.exec(await message.innerText())?.[1] ?? "";
}

/** Fills in both steps of signing in; the page is the first one. */
export async function signIn(page: Page, t: Texts, mobile = newMobile()): Promise<string> {
  await page.getByLabel(t.mobile, { exact: true }).fill(mobile);
  await page.getByRole("button", { name: t.sendCode }).click();
  await expect(page.getByRole("heading", { level: 1, name: t.codeHeading })).toBeVisible();
  const code = await codeFor(page, t, mobile);
  await enterCode(page, t, code);
  await expect(page.getByRole("heading", { level: 1, name: t.codeHeading })).toBeHidden();
  return mobile;
}

/** Types a code for the first time: with JavaScript its last digit sends it, without it the button does. */
export async function enterCode(page: Page, t: Texts, code: string): Promise<void> {
  await page.getByLabel(t.code, { exact: true }).fill(code);
  if (test.info().project.use.javaScriptEnabled === false) {
    await page.getByRole("main").getByRole("button", { name: t.signIn, exact: true }).click();
  }
}

/** Pays the order that a page shows at the mock gateway, and waits until the page knows that. The gateway speaks the page's language. */
export async function payOrder(page: Page): Promise<void> {
  await page.getByRole("button", { name: /演示支付|demo payment/ }).click();
  await expect(page).toHaveURL(/\/mock-gateway\/pay\?/);
  await page.getByRole("button", { name: /^(支付|Pay)$/ }).click();
  await expect(page).toHaveURL(/\/orders\/\d+\?back=1$/);
  // The page looks again by itself until the provider has told.
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(/^(课程是您的了|The course is yours)$/, { timeout: 15_000 });
}

/** Gives a page the session of a student who signed in without it. */
export async function become(page: Page, student: Student): Promise<void> {
  await page.context().addCookies((await student.http.storageState()).cookies);
}

/** So many minutes from now, as the commands take it. */
export function minutes(n: number): string {
  return new Date(Date.now() + n * 60_000).toISOString();
}

/** The cards of a list of courses, by the names that they show. */
export async function cardNames(page: Page): Promise<string[]> {
  return page.getByRole("region", { name: "结果" }).getByRole("article").getByRole("heading").allInnerTexts();
}

/** The one sentence that says how a sale or a ticket stands. */
export function note(page: Page): Locator {
  return page.getByRole("main").getByRole("status");
}
