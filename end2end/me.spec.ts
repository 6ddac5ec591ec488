import { become, expect, test } from "./shop.ts";

test("who has no course yet is led to the sales", async ({ page, shop }) => {
  await become(page, await shop.student());
  await page.goto("/me");
  await expect(page.getByRole("heading", { name: "还没有课程" })).toBeVisible();
  await page.getByRole("link", { name: "去看秒杀" }).click();
  await expect(page).toHaveURL("/#sales");
});

test("seats stand there with number, price and the way to the course", async ({ page, shop }) => {
  const student = await shop.student();
  await student.grab(await shop.sale({ course: 2, price: "0" }));
  await student.grab(await shop.sale({ course: 3, price: "0" }));
  await become(page, student);
  await page.goto("/me");
  const seats = page.getByRole("main").getByRole("article");
  await expect(seats.getByRole("heading")).toHaveText(["Linux系统基础5周入门精讲", "Python项目实战"]);
  await expect(seats.last()).toContainText("免费");
  await expect(seats.last()).toContainText("第 1 席");
  await seats.last().getByRole("link", { name: /^继续学习/ }).click();
  await expect(page).toHaveURL(/\/learn\/2/);
});

test("what is to be paid stands above what is paid, with its time left", async ({ page, shop, javaScriptEnabled }) => {
  const student = await shop.student();
  await student.grab(await shop.sale({ course: 3, price: "9.90" }));
  await student.grab(await shop.sale({ course: 2, price: "0" }));
  await become(page, student);
  await page.goto("/me");
  const cards = page.getByRole("main").getByRole("article");
  await expect(cards.getByRole("heading")).toHaveText(["Linux系统基础5周入门精讲", "Python项目实战"]);
  const hold = page.getByRole("region", { name: "等待付款" }).getByRole("article");
  await expect(hold).toContainText(javaScriptEnabled ? /还剩 00:1\d:\d\d/ : /保留到 \d\d-\d\d \d\d:\d\d:\d\d/);
  await hold.getByRole("link", { name: /^去支付/ }).click();
  await expect(page).toHaveURL(/\/orders\/\d+$/);
});

test("a page of one student is kept by nobody else", async ({ page, shop }) => {
  await become(page, await shop.student());
  for (const path of ["/me", "/sign-in", "/orders/1", "/orders/1/receipt"]) {
    const answer = await page.request.get(path, { maxRedirects: 0 });
    expect(answer.headers()["cache-control"], path).toBe("no-store");
  }
});
