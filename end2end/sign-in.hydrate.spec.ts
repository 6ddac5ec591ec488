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
    await page.getByLabel("手机号", { exact: true }).fill(own);
    await page.getByRole("button", { name: "获取验证码" }).click();
    if (ask === 1) await expect(page.getByLabel("6 位验证码", { exact: true })).toBeFocused();
  }
  await expect(page.getByRole("alert")).toContainText(/\d+ 秒后可以再发验证码/);
});

test("a code that is pasted with spaces is taken", async ({ page, t }) => {
  const own = newMobile();
  await page.goto("/sign-in");
  await page.getByLabel("手机号", { exact: true }).fill(own);
  await page.getByRole("button", { name: "获取验证码" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "输入验证码" })).toBeVisible();
  const code = await codeFor(page, t, own);
  await page.getByLabel("6 位验证码", { exact: true }).fill(` ${code.slice(0, 3)} ${code.slice(3)} `);
  await page.getByRole("main").getByRole("button", { name: "登录", exact: true }).click();
  await expect(page).toHaveURL("/me");
});

test("a second tab knows how long another code takes", async ({ page, context }) => {
  await page.goto("/sign-in");
  await page.getByLabel("手机号", { exact: true }).fill(newMobile());
  await page.getByRole("button", { name: "获取验证码" }).click();
  await expect(page.getByLabel("6 位验证码", { exact: true })).toBeVisible();
  const second = await context.newPage();
  await second.goto("/sign-in");
  await expect(second.getByRole("button", { name: /^\d+ 秒后可重新发送$/ })).toBeDisabled();
});

test("who has no connection hears that, and not of a crowd", async ({ page, context }) => {
  await page.goto("/sign-in");
  await page.getByLabel("手机号", { exact: true }).fill(newMobile());
  await context.setOffline(true);
  await page.getByRole("button", { name: "获取验证码" }).click();
  await expect(page.getByRole("alert")).toContainText("连不上服务器，请检查网络");
  await context.setOffline(false);
  await page.getByRole("button", { name: "获取验证码" }).click();
  await expect(page.getByLabel("6 位验证码", { exact: true })).toBeVisible();
});

test("who keeps no cookies hears so before a message is sent", async ({ page, shop }) => {
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.addInitScript(() => Object.defineProperty(Navigator.prototype, "cookieEnabled", { get: () => false }));
  await page.goto("/sign-in");
  await page.getByLabel("手机号", { exact: true }).fill(newMobile());
  await page.getByRole("button", { name: "获取验证码" }).click();
  await expect(page.getByRole("alert")).toContainText("登录需要 Cookie");
  expect(asked.filter((url) => url.startsWith(`${shop.url}/api/v1/user/send_sms/`))).toEqual([]);
});

test("a page that the proxy made says nothing of cookies", async ({ page }) => {
  await page.goto("/sign-in");
  await page.getByLabel("手机号", { exact: true }).fill(newMobile());
  await page.route("**/sign-in?next=*", (route) =>
    route.request().isNavigationRequest() ? route.continue() : route.fulfill({ status: 502, contentType: "text/html", body: "<h1>502</h1>" }),
  );
  await page.getByRole("button", { name: "获取验证码" }).click();
  await expect(page.getByLabel("6 位验证码", { exact: true })).toBeVisible();
  await expect(page).not.toHaveURL(/error=/);
  await expect(page.getByRole("main")).not.toContainText("Cookie");
});

test("a browser that is too old for the program signs in by plain forms", async ({ page, t }) => {
  await page.addInitScript(() => Reflect.deleteProperty(AbortSignal, "timeout"));
  const own = newMobile();
  const plain = page.waitForEvent("console", (message) => message.text().includes("stays without its program"));
  // Not as the other tests do, which wait for the islands: here they never wake.
  await Object.getPrototypeOf(page).goto.call(page, "/sign-in");
  await plain;
  await page.getByLabel("手机号", { exact: true }).fill(own);
  await page.getByRole("button", { name: "获取验证码" }).click();
  await page.getByLabel("6 位验证码", { exact: true }).fill(await codeFor(page, t, own));
  await page.getByRole("main").getByRole("button", { name: "登录", exact: true }).click();
  await expect(page).toHaveURL("/me");
});

test("a code that comes after its browser forgot it is said to be void", async ({ page, context }) => {
  await page.goto("/sign-in");
  await page.getByLabel("手机号", { exact: true }).fill(newMobile());
  await page.getByRole("button", { name: "获取验证码" }).click();
  await expect(page.getByLabel("6 位验证码", { exact: true })).toBeFocused();
  await context.clearCookies({ name: /sms_mobile/ });
  await page.getByLabel("6 位验证码", { exact: true }).fill("123456");
  await expect(page.getByRole("alert")).toContainText("验证码不对");
  await expect(page.getByLabel("手机号", { exact: true })).toBeVisible();
});
