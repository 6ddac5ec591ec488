import { become, expect, minutes, NEWS_TIMEOUT, test } from "./shop.ts";

test("a sale says what it costs, how many seats there are, and the rules", async ({ page, shop }) => {
  const sale = await shop.sale({ stock: 50 });
  await page.goto(`/seckill/${sale}`);
  const main = page.getByRole("main");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Python项目实战");
  await expect(page.getByRole("region", { name: "正在开抢" })).toContainText("¥9.90");
  await expect(main).toContainText("¥99");
  await expect(main).toContainText("50 席");
  await expect(main).toContainText("每人限一席，多点几次也只算一次。");
  await page.getByRole("link", { name: "看大纲和老师" }).click();
  await expect(page).toHaveURL("/courses/2");
});

test("a sale that has not opened says when it does", async ({ page, shop }) => {
  const sale = await shop.sale({ opens: minutes(30), closes: "+60" });
  await page.goto(`/seckill/${sale}`);
  await expect(page.getByRole("heading", { level: 2, name: /开抢/ })).toBeVisible();
});

test("a sale that is over says so", async ({ page, shop }) => {
  const sale = await shop.sale({ opens: minutes(-60), closes: "+30" });
  await page.goto(`/seckill/${sale}`);
  await expect(page.getByRole("heading", { level: 2, name: "秒杀已结束" })).toBeVisible();
});

test("a sale that was halted says so within a second, and goes on", async ({ page, shop }) => {
  const sale = await shop.sale();
  await shop.command("sale", "pause", String(sale));
  await page.waitForTimeout(NEWS_TIMEOUT);
  await page.goto(`/seckill/${sale}`);
  await expect(page.getByRole("heading", { level: 2, name: "秒杀暂停" })).toBeVisible();
  await shop.command("sale", "resume", String(sale));
  await page.waitForTimeout(NEWS_TIMEOUT);
  await page.goto(`/seckill/${sale}`);
  await expect(page.getByRole("heading", { level: 2, name: "正在开抢" })).toBeVisible();
});

test("a sale that never was is not found", async ({ page }) => {
  for (const path of ["/seckill/999999", "/seckill/x", "/en/seckill/0"]) {
    expect((await page.goto(path))?.status(), path).toBe(404);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(/没有这个页面|There is no such page/);
  }
});

test("the same click is the same seat, by whatever way it comes", async ({ page, shop, javaScriptEnabled }) => {
  const sale = await shop.sale({ stock: 3 });
  const student = await shop.student();
  const ticket = await student.grab(sale);
  await become(page, student);
  await page.goto(`/seckill/${sale}`);
  if (!javaScriptEnabled) {
    await page.getByRole("button", { name: "立即秒杀" }).click();
    await expect(page).toHaveURL(`/tickets/${ticket}`);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("秒杀成功");
  } else {
    await expect(page.getByRole("button", { name: /^待支付 \d\d:\d\d$/ })).toBeVisible();
  }
});
