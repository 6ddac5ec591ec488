import { codeFor, expect, newMobile, test } from "./shop.ts";

test("another code can be asked for after a minute, and the clock says when", async ({ page }) => {
  await page.clock.install();
  await page.goto("/sign-in");
  await page.getByLabel("手机号", { exact: true }).fill(newMobile());
  await page.getByRole("button", { name: "获取验证码" }).click();
  const again = page.getByRole("button", { name: /^\d+ 秒后可重新发送$/ });
  await expect(again).toBeDisabled();
  await page.clock.runFor(61_000);
  await expect(page.getByRole("button", { name: "重新发送" })).toBeEnabled();
});

test("too many codes are refused, and the shop says for how long", async ({ page }) => {
  const own = newMobile();
  for (const ask of [1, 2]) {
    await page.goto("/sign-in?change=1");
    await page.evaluate(() => sessionStorage.clear());
    await page.getByLabel("手机号", { exact: true }).fill(own);
    await page.getByRole("button", { name: "获取验证码" }).click();
    if (ask === 1) await expect(page.getByLabel("6 位验证码", { exact: true })).toBeFocused();
  }
  await expect(page.getByRole("alert")).toContainText(/请 \d+ 秒后再试/);
});

test("a code is taken as it is pasted", async ({ page, t }) => {
  const own = newMobile();
  await page.goto("/sign-in");
  await page.getByLabel("手机号", { exact: true }).fill(own);
  await page.getByRole("button", { name: "获取验证码" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "输入验证码" })).toBeVisible();
  const code = await codeFor(page, t, own);
  await page.getByLabel("6 位验证码", { exact: true }).fill(` ${code} `);
  await page.getByRole("main").getByRole("button", { name: "登录", exact: true }).click();
  await expect(page).toHaveURL("/me");
});
