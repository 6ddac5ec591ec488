import { expect, test } from "./shop.ts";
import type { Page } from "@playwright/test";

const carousel = (page: Page) => page.getByRole("region", { name: "精选" });
const slide = (page: Page, n: number) => carousel(page).getByRole("listitem").nth(n - 1);
const button = (page: Page, name: string) => carousel(page).getByRole("button", { name });

test.beforeEach(async ({ page }) => {
  await page.emulateMedia({ reducedMotion: "no-preference" });
});

test("the program is loaded once the page is painted", async ({ page }) => {
  /** `SEEN_WITHIN_MS` of boot.js: what is not painted by then is not waited for. */
  const WAIT = 2_000;
  await page.route("**/media/banner/*", async (route) => {
    await new Promise((done) => setTimeout(done, WAIT / 4));
    await route.continue();
  });
  await page.goto("/");
  const [painted, loaded, fetched] = await page.evaluate(() => {
    const program = performance.getEntriesByType("resource").find(({ name }) => name.endsWith(".wasm"));
    const [navigation] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
    return [performance.getEntriesByName("first-contentful-paint")[0]?.startTime, navigation?.loadEventStart, program?.startTime];
  });
  const seen = Math.max(painted ?? Infinity, loaded ?? Infinity);
  expect(fetched).toBeGreaterThanOrEqual(Math.min(seen, WAIT));
});

test("the buttons go to the next slide and back, and round", async ({ page }) => {
  await page.goto("/");
  await button(page, "暂停轮播").click();
  await button(page, "下一张").click();
  await expect(slide(page, 2)).toBeInViewport({ ratio: 0.9 });
  await expect(carousel(page).getByRole("link", { name: /^第 2 张/ })).toHaveAttribute("aria-current", "true");
  await button(page, "上一张").click();
  await expect(slide(page, 1)).toBeInViewport({ ratio: 0.9 });
  await button(page, "上一张").click();
  await expect(slide(page, 3)).toBeInViewport({ ratio: 0.9 });
});

test("the arrow keys turn slides", async ({ page }) => {
  await page.goto("/");
  await button(page, "暂停轮播").focus();
  await page.keyboard.press("ArrowRight");
  await expect(slide(page, 2)).toBeInViewport({ ratio: 0.9 });
  await page.keyboard.press("ArrowLeft");
  await expect(slide(page, 1)).toBeInViewport({ ratio: 0.9 });
});

/** `SHOW_MS` and `LOOK_MS` of src/ui/islands/slides.rs: once in this time, in ms, a slide turns by itself. */
const TURN = 6_500;

/**
 * The home page at a clock that a test moves. Whether its slides turn was settled as it was loaded; from then on a turn is a jump, so that
 * one is seen at once.
 */
async function openAtClock(page: Page): Promise<void> {
  await page.clock.install();
  await page.goto("/");
  await page.emulateMedia({ reducedMotion: "reduce" });
}

/** Takes pointer and focus, each of which halts the slides, off the button that was clicked last. */
async function leave(page: Page): Promise<void> {
  await page.mouse.move(0, 0);
  await page.locator(":focus").blur();
}

test("slides turn by themselves until they are told not to, and then again", async ({ page }) => {
  await openAtClock(page);
  await page.clock.runFor(TURN);
  await expect(slide(page, 2)).toBeInViewport({ ratio: 0.9 });
  await button(page, "暂停轮播").click();
  await leave(page);
  await page.clock.runFor(3 * TURN);
  await expect(slide(page, 2)).toBeInViewport({ ratio: 0.9 });
  await button(page, "继续轮播").click();
  await leave(page);
  await page.clock.runFor(TURN);
  await expect(slide(page, 3)).toBeInViewport({ ratio: 0.9 });
});

test("slides stand still for those who want no motion", async ({ page }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await openAtClock(page);
  await expect(button(page, "继续轮播")).toBeVisible();
  await page.clock.runFor(2 * TURN);
  await expect(slide(page, 1)).toBeInViewport({ ratio: 0.9 });
  await button(page, "下一张").click();
  await expect(slide(page, 2)).toBeInViewport({ ratio: 0.9 });
});

test("slides stand still while the keyboard is in them", async ({ page }) => {
  await openAtClock(page);
  await button(page, "下一张").focus();
  await page.clock.runFor(2 * TURN);
  await expect(slide(page, 1)).toBeInViewport({ ratio: 0.9 });
  await leave(page);
  await page.clock.runFor(TURN);
  await expect(slide(page, 2)).toBeInViewport({ ratio: 0.9 });
});

test("a sale's card counts down", async ({ page, shop }) => {
  await shop.sale({ closes: "+90" });
  await page.goto("/");
  const clock = page.getByRole("region", { name: "正在秒杀" }).getByRole("article").filter({ hasText: "距结束" }).first().getByRole("time");
  await expect(clock).toHaveText(/\d\d:\d\d:\d\d$/);
  const before = await clock.innerText();
  await expect(clock).not.toHaveText(before);
});

test("a card counts by the server's clock, whatever the browser's says", async ({ page, shop }) => {
  await shop.sale({ closes: "+90" });
  await page.clock.install({ time: new Date(Date.now() + 3_600_000) });
  await page.clock.resume();
  await page.goto("/");
  const card = page.getByRole("region", { name: "正在秒杀" }).getByRole("article").filter({ hasText: "距结束" }).first();
  const clock = card.getByRole("time");
  const closesAt = Number(await card.getAttribute("data-closes-at"));
  const secondsWrong = async () => {
    const [hours = 0, minutes = 0, seconds = 0] = (await clock.innerText()).split(":").map(Number);
    return Math.abs(hours * 3_600 + minutes * 60 + seconds - (closesAt - Date.now()) / 1_000);
  };
  await expect.poll(secondsWrong).toBeLessThan(3);
});

test("the header knows who is signed in", async ({ page, shop }) => {
  const student = await shop.student("13900001234");
  await page.context().addCookies((await student.http.storageState()).cookies);
  await page.goto("/");
  const me = page.getByRole("banner").getByRole("link", { name: "139****1234" });
  await expect(me).toHaveAttribute("href", "/me");
});
