import { become, codeFor, enterCode, expect, newMobile, Shop, signIn, test } from "./shop.ts";
import type { Page } from "@playwright/test";

const mobile = (page: Page) => page.getByLabel("手机号", { exact: true });
const code = (page: Page) => page.getByLabel("6 位验证码", { exact: true });
const send = (page: Page) => page.getByRole("button", { name: "获取验证码" });
const enter = (page: Page) => page.getByRole("main").getByRole("button", { name: "登录", exact: true });

test("what is no mobile is refused beside the field", async ({ page }) => {
  await page.goto("/sign-in");
  await mobile(page).fill("12345");
  await send(page).click();
  await expect(page.getByRole("alert")).toContainText("请只填大陆手机号：11 位");
  await expect(mobile(page)).toHaveAttribute("aria-invalid", "true");
  await expect(mobile(page)).toHaveAccessibleDescription(/请只填大陆手机号：11 位/);
});

test("a mobile may be written as people write it", async ({ page, t }) => {
  const own = newMobile();
  await page.goto("/sign-in");
  await mobile(page).fill(`+86 ${own.slice(0, 3)} ${own.slice(3, 7)} ${own.slice(7)}`);
  await send(page).click();
  await expect(page.getByText(`验证码已发到 ${own.slice(0, 3)}****${own.slice(-4)}。`)).toBeVisible();
  expect(await codeFor(page, t, own)).toMatch(/^\d{6}$/);
});

test("a wrong code is refused, and the right one still works", async ({ page, t }) => {
  const own = newMobile();
  await page.goto("/sign-in");
  await mobile(page).fill(own);
  await send(page).click();
  await expect(code(page)).toBeVisible();
  const right = await codeFor(page, t, own);
  await enterCode(page, t, String((Number(right) + 1) % 1_000_000).padStart(6, "0"));
  await expect(page.getByRole("alert")).toContainText("验证码不对");
  await expect(code(page)).toHaveAttribute("aria-invalid", "true");
  await code(page).fill(right);
  await enter(page).click();
  await expect(page).toHaveURL("/me");
});

test("two tabs: a page says which mobile has the code that counts", async ({ page, context, t }) => {
  const [first, second] = [newMobile(), newMobile()];
  await page.goto("/sign-in");
  await mobile(page).fill(first);
  await send(page).click();
  // Whoever leaves the page before has not asked.
  await expect(code(page)).toBeVisible();
  const early = await codeFor(page, t, first);
  const tab = await context.newPage();
  await tab.goto("/sign-in?change=1");
  await mobile(tab).fill(second);
  await send(tab).click();
  await expect(tab.getByText(`验证码已发到 ${second.slice(0, 3)}****${second.slice(-4)}。`)).toBeVisible();
  await enterCode(page, t, early);
  await expect(page.getByRole("alert")).toContainText("验证码不对");
  await expect(page.getByText(`验证码已发到 ${second.slice(0, 3)}****${second.slice(-4)}。`)).toBeVisible();
});

test("after five wrong codes only another one helps", async ({ browser, javaScriptEnabled, t }) => {
  const hasty = await Shop.start({ own: ["--demo", "--sms-gap-s=0"] });
  const context = await browser.newContext({ baseURL: hasty.url, javaScriptEnabled });
  const page = await context.newPage();
  try {
    const own = newMobile();
    await page.goto("/sign-in");
    await mobile(page).fill(own);
    await send(page).click();
    // Whoever leaves the page before has not asked.
    await expect(code(page)).toBeVisible();
    const right = await codeFor(page, t, own);
    const wrong = String((Number(right) + 1) % 1_000_000).padStart(6, "0");
    await enterCode(page, t, wrong);
    for (let tries = 1; tries < 5; tries += 1) {
      await expect(page.getByRole("alert")).toContainText("验证码不对");
      // The error of the try before goes with the next one.
      await page.getByRole("alert").evaluate((alert) => alert.remove());
      await code(page).fill(wrong);
      await enter(page).click();
    }
    await expect(page.getByRole("alert")).toContainText("试错 5 次，这个验证码已作废");
    await expect(code(page)).toHaveCount(0);
    await page.getByRole("button", { name: "重新发送" }).click();
    await expect(code(page)).toHaveValue("");
    await expect(page.getByRole("alert")).toHaveCount(0);
    if (javaScriptEnabled) await expect(page.getByRole("main").getByRole("status")).toContainText("新验证码已发送");
    const message = page.getByRole("complementary", { name: t.outbox }).getByRole("listitem").first();
    await expect(async () => {
      await page.reload();
      await expect(message).not.toContainText(right, { timeout: 500 });
    }).toPass();
    await enterCode(page, t, await codeFor(page, t, own));
    await expect(page).toHaveURL("/me");
  } finally {
    await context.close();
    await hasty.stop();
  }
});

test("a code works once", async ({ page, t, browser, baseURL, javaScriptEnabled }) => {
  const own = newMobile();
  await page.goto("/sign-in");
  await mobile(page).fill(own);
  await send(page).click();
  await expect(code(page)).toBeVisible();
  const used = await codeFor(page, t, own);
  const session = await page.context().storageState();
  await enterCode(page, t, used);
  await expect(page).toHaveURL("/me");
  const other = await browser.newContext({ storageState: session, baseURL, javaScriptEnabled });
  const second = await other.newPage();
  await second.goto("/sign-in");
  await enterCode(second, t, used);
  await expect(second.getByRole("alert")).toContainText("验证码不对");
  await other.close();
});

test("the next page is the shop's, whatever the address says", async ({ page, t }) => {
  for (const next of ["https://evil.example/", "//evil.example/", "/\\evil.example", "/en//evil.example/", "/en/en//evil.example/phish", "/.//evil.example"]) {
    await page.context().clearCookies();
    await page.goto(`/sign-in?next=${encodeURIComponent(next)}`);
    await signIn(page, t);
    await expect(page).toHaveURL("/me");
  }
});

test("who is signed in has no business here", async ({ page, shop }) => {
  await become(page, await shop.student());
  await page.goto("/sign-in?next=%2Fcourses%2F2");
  await expect(page).toHaveURL("/courses/2");
});

test("another number can be given", async ({ page }) => {
  await page.goto("/sign-in");
  await mobile(page).fill(newMobile());
  await send(page).click();
  await page.getByRole("link", { name: "换个手机号" }).click();
  await expect(mobile(page)).toBeVisible();
});

test("a session is a cookie that no script reads; a visitor has none", async ({ page, context, t }) => {
  await page.goto("/");
  await page.goto("/courses");
  expect(await context.cookies()).toEqual([]);
  await page.goto("/sign-in");
  await signIn(page, t);
  await expect(page).toHaveURL("/me");
  const session = (await context.cookies()).find(({ name }) => name === "session");
  expect(session).toMatchObject({ httpOnly: true, sameSite: "Lax" });
});

test("while many ask for codes, a browser works for its code, or hears when to come back", async ({ browser, javaScriptEnabled, t }) => {
  const busy = await Shop.start({ calm: 0 });
  const context = await browser.newContext({ baseURL: busy.url, javaScriptEnabled });
  const page = await context.newPage();
  try {
    // The first code of an address costs nothing.
    await busy.student();
    const own = newMobile();
    await page.goto("/sign-in");
    await mobile(page).fill(own);
    await send(page).click();
    if (javaScriptEnabled) {
      await expect(code(page)).toBeVisible();
      await enterCode(page, t, await codeFor(page, t, own));
      await expect(page).toHaveURL("/me");
    } else {
      await expect(page.getByRole("alert")).toContainText(/\d+ (秒|分钟)后可以再试，或打开浏览器的 JavaScript/);
    }
  } finally {
    await context.close();
    await busy.stop();
  }
});
