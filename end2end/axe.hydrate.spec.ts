// Every page, in light and in dark, with what its islands made of it.

import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { become, expect, minutes, newMobile, payOrder, test, type Shop } from "./shop.ts";

/** Opens a page; gives what must be there before it is looked at. */
type Open = (page: Page, shop: Shop) => Promise<void>;

const at =
  (path: string): Open =>
  async (page) => {
    await page.goto(path);
  };

/** A seat of a new student, who the page is then; gives the number of its order. */
async function heldOrder(page: Page, shop: Shop): Promise<number> {
  const student = await shop.student();
  await student.grab(await shop.sale());
  await become(page, student);
  return student.order();
}

/** Gives a hold back, and waits until its page says so. */
async function giveUp(page: Page, order: number): Promise<void> {
  await page.goto(`/orders/${order}`);
  await page.getByText("不想要了？").click();
  await page.getByRole("button", { name: "放弃这个订单" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("订单已取消", { timeout: 15_000 });
}

const pages: Record<string, Open> = {
  home: async (page, shop) => {
    await shop.sale({ course: 2 });
    await shop.sale({ course: 3, opens: minutes(20) });
    await page.goto("/");
  },
  "home in English": at("/en"),
  list: at("/courses"),
  "list, filtered": at("/courses?category=1&q=Python&size=1"),
  "list, empty": at("/courses?q=Rust&category=2&level=2"),
  "list, bad filter": at("/courses?level=9"),
  course: at("/courses/1"),
  "course on sale": async (page, shop) => {
    await shop.sale({ course: 3 });
    await page.goto("/courses/3");
  },
  "sale for a visitor": async (page, shop) => {
    await page.goto(`/seckill/${await shop.sale()}`);
    await expect(page.getByRole("button", { name: "登录后秒杀" })).toBeVisible();
  },
  "sale for a student": async (page, shop) => {
    await become(page, await shop.student());
    await page.goto(`/seckill/${await shop.sale()}`);
    await expect(page.getByText(/已对时/)).toBeVisible();
  },
  "sale before it opens": async (page, shop) => {
    await page.goto(`/seckill/${await shop.sale({ opens: minutes(20) })}`);
    await expect(page.getByText(/先登录，准备开抢/).first()).toBeVisible();
  },
  "sale in its last seconds": async (page, shop) => {
    await page.goto(`/seckill/${await shop.sale({ opens: new Date(Date.now() + 9_000).toISOString() })}`);
    await expect(page.getByRole("heading", { name: "马上开抢" })).toBeVisible();
  },
  "sale in the queue": async (page, shop) => {
    const sale = await shop.sale();
    await become(page, await shop.student());
    await page.route(/sckill\/\?task_id=/, (route) =>
      route.fulfill({ json: { code: 102, msg: "正在排队", place: 13, retry_ms: 3_000, sale } }),
    );
    await page.goto(`/seckill/${sale}`);
    await page.getByRole("button", { name: "立即秒杀" }).click();
    await expect(page.getByRole("button", { name: "排队中…" })).toBeVisible();
  },
  "sale, won": async (page, shop) => {
    const student = await shop.student();
    const sale = await shop.sale();
    await student.grab(sale);
    await become(page, student);
    await page.goto(`/seckill/${sale}`);
    await expect(page.getByRole("button", { name: /^待支付 \d\d:\d\d$/ })).toBeVisible();
  },
  "sale, lost": async (page, shop) => {
    const sale = await shop.sale({ stock: 1 });
    const first = await shop.student();
    await become(page, await shop.student());
    await page.goto(`/seckill/${sale}`);
    await first.grab(sale);
    await page.getByRole("button", { name: "立即秒杀" }).click();
    await expect(page.getByRole("button", { name: "未抢到" })).toBeVisible();
  },
  "sale that ended": async (page, shop) => {
    await page.goto(`/seckill/${await shop.sale({ opens: minutes(-60), closes: "+30" })}`);
  },
  "ticket, won": async (page, shop) => {
    const student = await shop.student();
    const ticket = await student.grab(await shop.sale());
    await become(page, student);
    await page.goto(`/tickets/${ticket}`);
  },
  "ticket, lost": async (page, shop) => {
    await become(page, await shop.student());
    await page.goto("/tickets/made-up");
  },
  "free preview": at("/learn/1/1"),
  "sign in": at("/sign-in"),
  "sign in, with an error": async (page) => {
    await page.goto("/sign-in");
    await page.getByLabel("手机号", { exact: true }).fill("1");
    await page.getByRole("button", { name: "获取验证码" }).click();
    await expect(page.getByRole("alert")).toBeVisible();
  },
  "sign in, the code": async (page) => {
    await page.goto("/sign-in");
    await page.getByLabel("手机号", { exact: true }).fill(newMobile());
    await page.getByRole("button", { name: "获取验证码" }).click();
    await expect(page.getByLabel("6 位验证码", { exact: true })).toBeVisible();
  },
  "my courses": async (page, shop) => {
    const student = await shop.student();
    await student.grab(await shop.sale());
    await become(page, student);
    await page.goto("/me");
    await expect(page.getByText(/还剩/)).toBeVisible();
  },
  "my courses, with an order that ended": async (page, shop) => {
    const order = await heldOrder(page, shop);
    await giveUp(page, order);
    await page.goto("/me");
    await page.getByText("已结束的订单").click();
    await expect(page.getByRole("link", { name: new RegExp(`^订单号 ${order}`) })).toBeVisible();
  },
  "order, held": async (page, shop) => {
    await page.goto(`/orders/${await heldOrder(page, shop)}`);
    await page.getByText("不想要了？").click();
    await expect(page.getByText(/还剩/)).toBeVisible();
  },
  "order, paid": async (page, shop) => {
    await page.goto(`/orders/${await heldOrder(page, shop)}`);
    await payOrder(page);
  },
  "order, cancelled": async (page, shop) => {
    await giveUp(page, await heldOrder(page, shop));
  },
  receipt: async (page, shop) => {
    await page.goto(`/orders/${await heldOrder(page, shop)}`);
    await payOrder(page);
    await page.getByRole("link", { name: "看付款凭证" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "付款凭证" })).toBeVisible();
  },
  "course that is bought already": at("/courses/1?error=already-yours"),
  "my courses, none": async (page, shop) => {
    await become(page, await shop.student());
    await page.goto("/me");
  },
  privacy: at("/privacy"),
  terms: at("/terms"),
  "not found": at("/nothing-here"),
};

for (const [name, open] of Object.entries(pages)) {
  test(`${name} can be used by everybody`, async ({ page, shop }) => {
    await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
    await open(page, shop);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      const { violations } = await new AxeBuilder({ page }).analyze();
      const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html}\n${failureSummary}`).join("\n")}`);
      expect(found, colorScheme).toEqual([]);
    }
  });
}
