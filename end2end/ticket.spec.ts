import { become, expect, test } from "./shop.ts";

test("a ticket belongs to who clicked", async ({ page, shop }) => {
  const sale = await shop.sale();
  const [holder, other] = [await shop.student(), await shop.student()];
  const ticket = await holder.grab(sale);
  await become(page, other);
  const answer = await page.goto(`/tickets/${ticket}`);
  expect(answer?.status()).toBe(403);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("这张排队单不是您的");
});

test("a visitor is led to sign in, and back to the ticket", async ({ page, shop }) => {
  const sale = await shop.sale();
  const ticket = await (await shop.student()).grab(sale);
  await page.goto(`/tickets/${ticket}`);
  await expect(page).toHaveURL(`/sign-in?next=${encodeURIComponent(`/tickets/${ticket}`)}`);
});

test("an id that was never given out is lost, and asks nobody to wait", async ({ page, shop }) => {
  await become(page, await shop.student());
  await page.goto("/tickets/made-up");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("找不到这张排队单");
});

test("a click before the opening is lost, and says so", async ({ page, shop }) => {
  const sale = await shop.sale({ opens: new Date(Date.now() + 600_000).toISOString() });
  const student = await shop.student();
  const ticket = await student.click(sale);
  await become(page, student);
  await page.goto(`/tickets/${ticket}`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("点早了");
  await expect(page.getByRole("main")).toContainText("您点的时候，秒杀还没开抢。");
  await expect(page.getByText(ticket, { exact: true })).toBeHidden();
  await page.getByText(`…${ticket.slice(-6)}`).click();
  await expect(page.getByText(ticket, { exact: true })).toBeVisible();
  await page.getByRole("link", { name: "回到秒杀页" }).click();
  await expect(page).toHaveURL(`/seckill/${sale}`);
});

test("a ticket that won says what for, and until when to pay, and leads to the order", async ({ page, shop }) => {
  const sale = await shop.sale({ price: "12.50" });
  const student = await shop.student();
  const ticket = await student.grab(sale);
  await become(page, student);
  await page.goto(`/tickets/${ticket}`);
  await expect(page.getByRole("main")).toContainText("Python项目实战");
  await expect(page.getByRole("main")).toContainText("¥12.50");
  await expect(page.getByRole("main")).toContainText(/座位已为您保留，请在 \d\d-\d\d \d\d:\d\d:\d\d 前付款。/);
  await page.getByRole("link", { name: "去支付" }).click();
  await expect(page).toHaveURL(/\/orders\/\d+$/);
  await expect(page.getByRole("main").getByRole("article")).toContainText("¥12.50");
});

test("a seat that costs nothing is the student's at once", async ({ page, shop }) => {
  const student = await shop.student();
  const ticket = await student.grab(await shop.sale({ price: "0" }));
  await become(page, student);
  await page.goto(`/tickets/${ticket}`);
  await expect(page.getByRole("main")).toContainText("座位是您的了");
  await expect(page.getByRole("main")).not.toContainText("付款");
  await page.getByRole("link", { name: "查看我的课程" }).click();
  await expect(page).toHaveURL("/me");
});
