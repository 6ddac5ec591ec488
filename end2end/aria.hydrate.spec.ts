// What each page says to a screen reader, in both languages: a tree of roles, names and states, one file of snapshots/ for each. What time
// changes is a pattern there.

import type { Page } from "@playwright/test";
import { become, expect, minutes, Shop, test, type Student } from "./shop.ts";

/** Opens a page; `at` is the address of a path in the language. */
type Open = (page: Page, at: (path: string) => string) => Promise<unknown>;

/** What the shop has to show. */
type Stock = { open: number; coming: number; winner: Student; ticket: string; owner: Student; paid: number };

async function stock(shop: Shop): Promise<Stock> {
  const winner = await shop.student("13900001234");
  const open = await shop.sale({ course: 3, price: "1.50", stock: 50, closes: "+600" });
  const owner = await shop.student("13900004321");
  const coming = await shop.sale({ course: 2, price: "9.90", opens: minutes(30), closes: "+60" });
  const ticket = await winner.grab(open);
  await owner.http.post("/api/v1/order/buy/", { data: { course: 1 } });
  return { open, coming, winner, ticket, owner, paid: await owner.order() };
}

const go =
  (path: string): Open =>
  (page, at) =>
    page.goto(at(path));

const visitor = (has: Stock): Record<string, Open> => ({
  home: go("/"),
  list: go("/courses"),
  "list, nothing found": go("/courses?q=Rust&category=2"),
  course: go("/courses/1"),
  "course on sale": go("/courses/3"),
  "sale, open": go(`/seckill/${has.open}`),
  "sale, coming": go(`/seckill/${has.coming}`),
  "sign in": go("/sign-in"),
  "sign in, the code": async (page, at) => {
    await page.goto(at("/sign-in"));
    await page.locator("#mobile").fill("13900005678");
    await page.locator("#mobile").press("Enter");
  },
  privacy: go("/privacy"),
  terms: go("/terms"),
  "not found": go("/nothing-here"),
});
const student = (has: Stock): Record<string, Open> => ({
  "sale, won": go(`/seckill/${has.open}`),
  "ticket, won": go(`/tickets/${has.ticket}`),
  "my courses": go("/me"),
  "order, held": go("/orders/1"),
});
const owner = (has: Stock): Record<string, Open> => ({
  "course, owned": go("/courses/1"),
  "order, paid": go(`/orders/${has.paid}`),
  receipt: go(`/orders/${has.paid}/receipt`),
  "lesson, video": go("/learn/1/3"),
  "lesson, reading": go("/learn/1/7"),
  "lesson, exercise": go("/learn/1/8"),
});

for (const lang of ["zh", "en"] as const) {
  test(`every page says what it is to a screen reader (${lang})`, async ({ page }) => {
    test.setTimeout(120_000);
    // Of its own: its sales are no other's, and have the first numbers.
    const shop = await Shop.start({ own: [] });
    const at = (path: string) => `${shop.url}${lang === "zh" ? path : path === "/" ? "/en" : `/en${path}`}`;
    const walk = async (pages: Record<string, Open>) => {
      for (const [name, open] of Object.entries(pages)) {
        await open(page, at);
        // Header and footer are the same everywhere: the first page has them.
        const tree = name === "home" ? page.locator("body") : page.getByRole("main");
        const file = `${lang}-${name.replaceAll(/\W+/g, "-")}.aria.yml`;
        await expect.soft(tree, `${name}, ${file}`).toMatchAriaSnapshot({ name: file });
      }
    };
    try {
      const has = await stock(shop);
      await walk(visitor(has));
      await become(page, has.winner);
      await walk(student(has));
      await page.context().clearCookies();
      await become(page, has.owner);
      await walk(owner(has));
    } finally {
      await shop.stop();
    }
  });
}
