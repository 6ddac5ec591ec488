// What students come for. These run with and without JavaScript, on a desktop and on a phone, in Chinese and in English.

import { become, expect, newMobile, signIn, test } from "./shop.ts";

test("a visitor finds a course and its sale", async ({ page, shop, path, t }) => {
  const sale = await shop.sale({ course: 3, price: "1" });
  await page.goto(path("/"));
  await page.getByRole("region", { name: t.popular }).getByRole("link", { name: "Linux系统基础5周入门精讲" }).click();
  await expect(page).toHaveURL(path("/courses/3"));
  await expect(page.getByRole("heading", { level: 1, name: "Linux系统基础5周入门精讲" })).toBeVisible();
  await page.getByRole("link", { name: t.goToSale }).click();
  await expect(page).toHaveURL(new RegExp(`${path("/seckill/")}\\d+$`));
  await page.goto(path(`/seckill/${sale}`));
  await expect(page.getByRole("heading", { level: 1, name: "Linux系统基础5周入门精讲" })).toBeVisible();
});

test("a student signs in, grabs a seat, and still has it after a reload", async ({ page, shop, path, t, javaScriptEnabled }) => {
  const sale = await shop.sale({ stock: 3 });
  await page.goto(path(`/seckill/${sale}`));
  // Without JavaScript nobody knows yet that this is a visitor: the click itself leads to sign-in.
  await page.getByRole("button", { name: javaScriptEnabled ? t.signInToGrab : t.grab }).click();
  await signIn(page, t);
  await page.waitForURL(path(`/seckill/${sale}`));
  await page.getByRole("button", { name: t.grab }).click();
  if (javaScriptEnabled) {
    await expect(page.getByRole("button", { name: t.toPay })).toBeVisible();
    await expect(page.getByRole("heading", { name: t.seatIsYours })).toBeVisible();
    await page.reload();
    await expect(page.getByRole("button", { name: t.toPay })).toBeVisible();
  } else {
    await expect(page).toHaveURL(new RegExp(`${path("/tickets/")}.+`));
    await expect(page.getByRole("heading", { level: 1, name: t.won })).toBeVisible();
    await page.reload();
    await expect(page.getByRole("heading", { level: 1, name: t.won })).toBeVisible();
  }
  await page.goto(path("/me"));
  await expect(page.getByRole("heading", { level: 1, name: t.myCourses })).toBeVisible();
  await expect(page.getByRole("article").filter({ hasText: "Python项目实战" })).toContainText(t.firstSeat);
});

test("a second student, after the last seat, hears it at once", async ({ page, shop, path, t, javaScriptEnabled }) => {
  const sale = await shop.sale({ stock: 1 });
  await page.goto(path(`/sign-in?next=${encodeURIComponent(path(`/seckill/${sale}`))}`));
  await signIn(page, t);
  await page.waitForURL(path(`/seckill/${sale}`));
  await expect(page.getByRole("button", { name: t.grab })).toBeEnabled();
  // The page was loaded while there was a seat.
  await (await shop.student()).grab(sale);
  const clicked = Date.now();
  await page.getByRole("button", { name: t.grab }).click();
  if (javaScriptEnabled) {
    await expect(page.getByRole("button", { name: t.lostButton })).toBeVisible();
  }
  await expect(page.getByRole("heading", { name: t.lost })).toBeVisible();
  expect(Date.now() - clicked, "ms").toBeLessThan(3_000);
  await expect(page.getByRole("main")).toContainText(t.soldOut);
});

test("a ticket's page tells its holder the outcome", async ({ page, shop, path, t }) => {
  const sale = await shop.sale({ stock: 1 });
  const [first, second] = [await shop.student(), await shop.student()];
  const [won, lost] = [await first.grab(sale), await second.click(sale)];
  await become(page, first);
  await page.goto(path(`/tickets/${won}`));
  await expect(page.getByRole("heading", { level: 1, name: t.won })).toBeVisible();
  await expect(page.getByRole("main")).toContainText(t.firstSeat);
  await become(page, second);
  await page.goto(path(`/tickets/${lost}`));
  await expect(page.getByRole("heading", { level: 1, name: t.lost })).toBeVisible();
  await expect(page.getByRole("main")).toContainText(t.soldOut);
});

test("a student signs out, and is a visitor again", async ({ page, path, t }) => {
  const mobile = newMobile();
  await page.goto(path("/me"));
  await expect(page).toHaveURL(new RegExp(path("/sign-in")));
  await signIn(page, t, mobile);
  await expect(page).toHaveURL(path("/me"));
  await expect(page.getByRole("main")).toContainText(`${mobile.slice(0, 3)}****${mobile.slice(-4)}`);
  await expect(page.getByRole("main")).not.toContainText(mobile);
  await page.getByRole("button", { name: t.signOut }).click();
  await expect(page).toHaveURL(path("/"));
  await page.goto(path("/me"));
  await expect(page).toHaveURL(new RegExp(path("/sign-in")));
});
