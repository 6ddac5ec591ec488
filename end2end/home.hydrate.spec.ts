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

test("slides turn by themselves until they are told not to", async ({ page }) => {
  await page.goto("/");
  await expect(slide(page, 2)).toBeInViewport({ ratio: 0.9, timeout: 15_000 });
  await button(page, "暂停轮播").click();
  await expect(button(page, "继续轮播")).toBeVisible();
  await page.mouse.move(0, 0);
  const shown = await carousel(page).getByRole("link", { name: /^第 \d 张/ }).and(page.locator("[aria-current=true]")).getAttribute("aria-label");
  await page.waitForTimeout(8_000);
  await expect(carousel(page).getByRole("link", { name: shown ?? "" })).toHaveAttribute("aria-current", "true");
});

test("slides stand still for those who want no motion", async ({ page }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.goto("/");
  await expect(button(page, "下一张")).toBeVisible();
  await page.waitForTimeout(8_000);
  await expect(slide(page, 1)).toBeInViewport({ ratio: 0.9 });
  await button(page, "下一张").click();
  await expect(slide(page, 2)).toBeInViewport({ ratio: 0.9 });
});

test("slides stand still while the keyboard is in them", async ({ page }) => {
  await page.goto("/");
  await button(page, "下一张").focus();
  await page.waitForTimeout(8_000);
  await expect(slide(page, 1)).toBeInViewport({ ratio: 0.9 });
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
