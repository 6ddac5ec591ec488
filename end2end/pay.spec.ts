// Paying: a seat that is held, the mock gateway, and what becomes of an order. With and without JavaScript.

import type { Locator, Page } from "@playwright/test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Gateway } from "./gateway.ts";
import { become, expect, payOrder, Shop, signIn, test } from "./shop.ts";

const heading = (page: Page) => page.getByRole("heading", { level: 1 });
const main = (page: Page): Locator => page.getByRole("main");

/** A new student's seat, whose order the page shows; gives its number. */
async function hold(page: Page, shop: Shop, sale: number): Promise<number> {
  const student = await shop.student();
  await student.grab(sale);
  await become(page, student);
  const order = await student.order();
  await page.goto(`/orders/${order}`);
  await expect(heading(page)).toHaveText("已为您保留，请付款");
  return order;
}

async function giveUp(page: Page): Promise<void> {
  await page.getByText("不想要了？").click();
  await page.getByRole("button", { name: "放弃这个订单" }).click();
}

test("a seat is grabbed, held and paid, and its course stands under my courses", async ({ page, shop, t, javaScriptEnabled }) => {
  const sale = await shop.sale({ course: 2, price: "9.90" });
  await become(page, await shop.student());
  await page.goto(`/seckill/${sale}`);
  await page.getByRole("button", { name: t.grab }).click();
  if (javaScriptEnabled) {
    await expect(page.getByRole("button", { name: t.toPay })).toBeVisible();
    await expect(main(page).getByRole("status")).toContainText(/第 1 席。请在 \d\d-\d\d \d\d:\d\d:\d\d 前付款/);
    await main(page).getByRole("link", { name: "去支付" }).click();
  } else {
    await expect(heading(page)).toHaveText("秒杀成功");
    await page.getByRole("link", { name: "去支付" }).click();
  }
  await expect(page).toHaveURL(/\/orders\/\d+$/);
  await expect(heading(page)).toHaveText("已为您保留，请付款");
  await expect(main(page)).toContainText("¥9.90");
  await expect(main(page)).toContainText("第 1 席");
  await expect(main(page)).toContainText(javaScriptEnabled ? /还剩 00:1\d:\d\d/ : /保留到 \d\d-\d\d \d\d:\d\d:\d\d/);
  await payOrder(page);
  await expect(main(page).getByRole("button")).toHaveCount(0);
  await page.goto(`/seckill/${sale}`);
  if (javaScriptEnabled) {
    await expect(page.getByRole("button", { name: "已支付" })).toBeVisible();
    await expect(main(page).getByRole("link", { name: "继续学习" })).toHaveAttribute("href", "/learn/2");
  }
  await page.goto("/me");
  const card = main(page).getByRole("article").filter({ hasText: "Python项目实战" });
  await expect(card.getByRole("link", { name: /^继续学习/ })).toHaveAttribute("href", "/learn/2");
  await expect(main(page)).not.toContainText("等待付款");
});

test("a paid order has a receipt with the numbers of both sides", async ({ page, shop }) => {
  const order = await hold(page, shop, await shop.sale({ price: "12.50" }));
  await page.goto(`/orders/${order}/receipt`);
  await expect(page, "none before it is paid").toHaveURL(`/orders/${order}`);
  await payOrder(page);
  await page.getByRole("link", { name: "看付款凭证" }).click();
  await expect(heading(page)).toHaveText("付款凭证");
  await expect(main(page)).toContainText("¥12.50");
  for (const name of ["订单号", "商户订单号", "支付平台流水号", "付款时间"]) {
    await expect(main(page).getByText(name, { exact: true })).toBeVisible();
  }
  await page.emulateMedia({ media: "print" });
  await expect(page.getByRole("banner")).toBeHidden();
  await expect(heading(page)).toBeVisible();
});

test("an order is paid at a provider of another origin", async ({ page }) => {
  test.setTimeout(90_000);
  const gateway = await Gateway.start();
  const folder = await mkdtemp(join(tmpdir(), "qiangke-key-"));
  const key = join(folder, "key");
  await writeFile(key, gateway.key);
  const shop = await Shop.start({ own: ["--demo", `--mock-gateway-url=${gateway.url}`, `--mock-gateway-key-file=${key}`] });
  try {
    const student = await shop.student();
    await student.grab(await shop.sale());
    await become(page, student);
    await page.goto(`${shop.url}/orders/${await student.order()}`);
    const asked = page.waitForRequest((request) => request.url().startsWith(gateway.url));
    await page.getByRole("button", { name: /演示支付/ }).click();
    await expect(heading(page)).toHaveText("Bank");
    // WeChat Pay refuses a phone's link without a referrer; the order's address is nobody's business.
    expect((await (await asked).allHeaders())["referer"]).toBe(`${shop.url}/`);
    expect(new URL(page.url()).origin).toBe(gateway.url);
    await page.getByRole("button", { name: "支付" }).click();
    await expect(page).toHaveURL(/\?back=1$/);
    await expect(heading(page)).toHaveText("课程是您的了", { timeout: 15_000 });
  } finally {
    await shop.stop();
    await gateway.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

test("an order is paid by a QR code that a phone reads", async ({ page, shop, browser }) => {
  await page.emulateMedia({ colorScheme: "dark" });
  const order = await hold(page, shop, await shop.sale({ price: "9.90" }));
  await page.goto(`/orders/${order}?code=1`);
  await expect(page.getByRole("img", { name: /二维码/ }), "a link makes no payment").toHaveCount(0);
  await page.goto(`/orders/${order}`);
  await page.getByRole("button", { name: "扫码支付 ¥9.90" }).click();
  await expect(page).toHaveURL(`/orders/${order}?code=1`);
  const code = page.getByRole("img", { name: "支付 ¥9.90 的二维码" });
  await expect(code).toBeVisible();
  const fills = code.locator("path").evaluateAll((paths) => paths.map((path) => getComputedStyle(path).fill));
  expect(await fills, "in the dark, too").toEqual(["rgb(255, 255, 255)", "rgb(0, 0, 0)"]);
  // What the code says, as the interface tells it: no test reads a picture.
  const answer = await page.request.post("/api/v1/order/pay/", { data: { order, provider: "mock", way: "qr" } });
  const { result } = (await answer.json()) as { result: { text: string; code: { path: string } } };
  await expect(code.locator("path").last()).toHaveAttribute("d", result.code.path);
  const phone = await browser.newPage();
  await phone.goto(result.text);
  await phone.getByRole("button", { name: "支付", exact: true }).click();
  await expect(heading(page), "the page tells by itself").toHaveText("课程是您的了", { timeout: 15_000 });
  await phone.close();
});

test("a payment that is sent twice pays once", async ({ page, shop }) => {
  await hold(page, shop, await shop.sale());
  await page.getByRole("button", { name: /演示支付/ }).click();
  await page.getByRole("button", { name: "支付两次" }).click();
  await expect(page).toHaveURL(/\?back=1$/);
  await expect(heading(page)).toHaveText("课程是您的了", { timeout: 15_000 });
});

test("a payment of another amount pays nothing", async ({ page, shop }) => {
  await hold(page, shop, await shop.sale());
  await page.getByRole("button", { name: /演示支付/ }).click();
  await page.getByRole("button", { name: "少付一分" }).click();
  await expect(page).toHaveURL(/\?back=1$/);
  await expect(page.getByRole("button", { name: /演示支付/ })).toBeVisible();
  await expect(heading(page)).not.toHaveText("课程是您的了");
});

test("who comes back without having paid may pay again, and is asked not to pay twice", async ({ page, shop }) => {
  const order = await hold(page, shop, await shop.sale());
  await page.getByRole("button", { name: /演示支付/ }).click();
  await page.getByRole("link", { name: "返回商城" }).click();
  await expect(page).toHaveURL(`/orders/${order}?back=1`);
  await expect(main(page)).toContainText("如果您已经付了款，请不要再付");
  await payOrder(page);
});

test("a hold that is given back ends, and its seat can be had again", async ({ page, shop }) => {
  const sale = await shop.sale({ stock: 1 });
  const order = await hold(page, shop, sale);
  await giveUp(page);
  await expect(page).toHaveURL(`/orders/${order}`);
  await expect(heading(page)).toHaveText("订单已取消", { timeout: 15_000 });
  await expect(page.getByRole("link", { name: "回到秒杀页" })).toHaveAttribute("href", `/seckill/${sale}`);
  await page.goto("/me");
  await page.getByText("已结束的订单").click();
  await expect(page.getByRole("listitem").filter({ hasText: "已取消" })).toContainText("Python项目实战");
  // The desk hears of a free seat after the database.
  await expect(async () => {
    await (await shop.student()).grab(sale);
  }).toPass();
});

test("a hold stands in the header until it is paid or has ended", async ({ page, shop, javaScriptEnabled }) => {
  const order = await hold(page, shop, await shop.sale());
  const tag = page.getByRole("banner").getByRole("link", { name: /^待支付/ });
  const pages = ["/me", `/orders/${order}`, ...(javaScriptEnabled ? ["/", "/courses", "/en/courses/1"] : [])];
  for (const path of pages) {
    await page.goto(path);
    const link = path.startsWith("/en") ? page.getByRole("banner").getByRole("link", { name: /^To be paid 1\d:\d\d$/ }) : tag;
    await expect(link, path).toHaveAttribute("href", path.startsWith("/en") ? `/en/orders/${order}` : `/orders/${order}`);
    await expect(link, path).toHaveText(javaScriptEnabled ? /\b1\d:\d\d$/ : /待支付至 \d\d:\d\d$/);
  }
  if (javaScriptEnabled) {
    // The list is renewed by its next copy, which knows of no hold.
    const list = await page.context().newPage();
    await list.clock.install();
    await list.goto("/courses");
    const copy = list.waitForResponse((answer) => answer.request().resourceType() === "fetch" && answer.url().endsWith("/courses"));
    await list.clock.runFor(40_000);
    await (await copy).finished();
    await list.evaluate(async () => (await fetch("/favicon.svg")).text());
    await expect(list.getByRole("banner").getByRole("link", { name: /^待支付/ })).toBeVisible();
    await list.close();
  }
  await page.goto(`/orders/${order}`);
  await payOrder(page);
  await expect(tag).toHaveCount(0);
  await page.goto("/courses");
  await expect(tag).toBeHidden();
});

test("an order is its student's alone, and a visitor is led to sign in and back", async ({ page, shop, t }) => {
  const order = await hold(page, shop, await shop.sale());
  await page.context().clearCookies();
  await page.goto(`/orders/${order}`);
  await expect(page).toHaveURL(`/sign-in?next=${encodeURIComponent(`/orders/${order}`)}`);
  await signIn(page, t);
  await page.waitForURL(`/orders/${order}`);
  await expect(heading(page), "another student").toHaveText("没有这个页面");
});

test("a course is bought at its own price without a sale, and a free one is joined at once", async ({ page, t }) => {
  test.setTimeout(90_000);
  // Of its own: sales of other tests would be on, and its free course is no other test's.
  const shop = await Shop.start();
  try {
    const sales = (await (await fetch(`${shop.url}/api/v1/sale/`)).json()) as { result: { course_id: number; opens_at: number; closes_at: number }[] };
    const isOpen = (course: number) =>
      sales.result.some((sale) => sale.course_id === course && sale.opens_at <= Date.now() && Date.now() < sale.closes_at);
    const course = [2, 3].find((course) => !isOpen(course));
    // A visitor first: the form leads to sign in, and back to the course.
    await page.goto(`${shop.url}/courses/${course}`);
    await page.getByRole("button", { name: /购买/ }).click();
    await signIn(page, t);
    await page.waitForURL(`${shop.url}/courses/${course}`);
    await page.getByRole("button", { name: /购买/ }).click();
    await expect(page).toHaveURL(/\/orders\/\d+$/);
    await expect(heading(page)).toHaveText("已为您保留，请付款");
    await expect(main(page)).not.toContainText("席");
    await payOrder(page);
    await page.goto(`${shop.url}/courses/${course}`);
    await expect(page.getByRole("button", { name: /购买/ }), "nothing is left to buy").toHaveCount(0);
    await main(page).getByRole("link", { name: "继续学习" }).click();
    await expect(page).toHaveURL(new RegExp(`/learn/${course}/\\d+$`));

    await page.goto(`${shop.url}/courses/1`);
    await page.getByRole("button", { name: "免费加入" }).click();
    await expect(page).toHaveURL(/\/orders\/\d+$/);
    await expect(heading(page)).toHaveText("课程是您的了");
    await expect(page.getByRole("link", { name: "看付款凭证" })).toHaveCount(0);
  } finally {
    await shop.stop();
  }
});
