import { enterCode, expect, newMobile, Shop, test } from "./shop.ts";
import { RESOLVE, Tls } from "./tls.ts";

test("behind TLS, signing out takes the cookie out of the browser", async ({ playwright, javaScriptEnabled, t }, info) => {
  const tls = await Tls.start();
  const shop = await Shop.start({ own: [`--public-url=${tls.url}`] });
  tls.shop = shop.url;
  const { launchOptions } = info.project.use;
  const browser = await playwright.chromium.launch({ ...launchOptions, args: [...(launchOptions?.args ?? []), RESOLVE] });
  try {
    const context = await browser.newContext({ baseURL: tls.url, ignoreHTTPSErrors: true, javaScriptEnabled, locale: "zh-CN" });
    const page = await context.newPage();
    const own = newMobile();
    const session = async () => (await context.cookies()).find(({ name }) => name === "__Host-session");
    await page.goto("/sign-in?next=%2Fme");
    await page.getByLabel(t.mobile, { exact: true }).fill(own);
    await page.getByRole("button", { name: t.sendCode }).click();
    await enterCode(page, t, await shop.code(own));
    await expect(page).toHaveURL(/\/me$/);
    expect(await session()).toMatchObject({ secure: true, httpOnly: true, sameSite: "Lax", path: "/" });
    await page.getByRole("button", { name: t.signOut }).click();
    await expect.poll(session, "the cookie that the next one at this computer would find").toBeUndefined();
    await page.goto("/me");
    await expect(page).toHaveURL(/\/sign-in/);
  } finally {
    await browser.close();
    await tls.stop();
    await shop.stop();
  }
});
