// Nothing is cut, squeezed or pushed off the screen: on the narrowest phone, with text of twice its size, with the spacing that readers may
// ask for (WCAG 1.4.4, 1.4.10, 1.4.12), and with the longest names that an import takes, in which no line can be broken at a blank.

import type { Page } from "@playwright/test";
import { become, expect, minutes, newMobile, payOrder, Shop, test, type Student } from "./shop.ts";
import type { Lang } from "./texts.ts";

/** The longest texts that each table of the dump takes, in characters. */
const LONGEST: Record<string, Record<string, number>> = {
  luffy_teacher: { name: 32, title: 64, signature: 128, brief: 128 },
  luffy_course_category: { name: 64 },
  luffy_course: { name: 128, brief: 128 },
  luffy_course_chapter: { name: 128, summary: 128 },
  luffy_course_section: { name: 128, duration: 32 },
  luffy_banner: { title: 64, info: 128 },
};

/** The seed with texts as long as they may be, of the widest letter, and numbers as long as they may be. */
const stretch = (sql: string) =>
  sql.replace(/^INSERT INTO (\w+)\(([^)]*)\) VALUES \((.*)\);$/gm, (_, table: string, names: string, row: string) => {
    const values = row.match(/'(?:[^']|'')*'|[^,\s]+/g) ?? [];
    const longest = LONGEST[table.toLowerCase()] ?? {};
    const stretched = names.split(", ").map((name, at) => {
      const length = longest[name];
      // No two categories have one name.
      if (length !== undefined) return `'${(values[0] ?? "").padStart(length, "W")}'`;
      if (name === "price" && values[at] !== "0.00") return "9999.99";
      return name === "students" ? "2147483647" : values[at];
    });
    return `INSERT INTO ${table}(${names}) VALUES (${stretched.join(", ")});`;
  });

/** How a page is looked at: its width in pixels, its text in percent, and whether with the spacing of WCAG 1.4.12. */
type Look = [width: number, text: number, spacing?: "spaced"];

const LOOKS: Look[] = [
  [320, 100],
  [320, 130],
  [320, 200],
  [320, 100, "spaced"],
  [320, 200, "spaced"],
  [360, 100],
  [360, 150],
  [768, 200],
  [1280, 100, "spaced"],
];

/** Of a phone in the hand, in pixels. */
const HEIGHT = 640;

/** What a reader's own style sheet may ask for (https://www.w3.org/TR/WCAG22/#text-spacing). */
const SPACING = "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important } p { margin-bottom: 2em !important }";

/** Opens a page in a language; gives what must be there before it is looked at. */
type Open = (page: Page, lang: Lang) => Promise<unknown>;

/** What a shop with long names has to show. */
type Stock = { open: number; coming: number; paused: number; ended: number; won: number; winner: Student; ticket: string; lost: string; loser: Student };

async function stock(shop: Shop): Promise<Stock> {
  const [winner, loser] = [await shop.student(), await shop.student()];
  const won = await shop.sale({ course: 2, price: "9999.98", stock: 1 });
  const ticket = await winner.grab(won);
  const paused = await shop.sale({ course: 3 });
  await shop.command("sale", "pause", String(paused));
  return {
    winner,
    loser,
    won,
    ticket,
    paused,
    lost: await loser.click(won),
    open: await shop.sale({ course: 3, price: "9999.98" }),
    coming: await shop.sale({ course: 3, price: "9999.98", opens: minutes(60 * 24 * 24) }),
    ended: await shop.sale({ course: 3, opens: minutes(-60), closes: "+30" }),
  };
}

const at =
  (path: string): Open =>
  async (page, lang) =>
    page.goto(lang === "zh" ? path : path === "/" ? "/en" : `/en${path}`);

/** Every page for somebody who is not signed in, and for somebody who is. */
const visitor = (has: Stock): Record<string, Open> => ({
  home: at("/"),
  list: at("/courses?size=1"),
  "list, nothing found": at(`/courses?q=${"W".repeat(64)}&category=2&level=2`),
  "list, bad filter": at("/courses?level=9"),
  course: at("/courses/1"),
  "lesson, free": at("/learn/1/1"),
  "course with a sale": at("/courses/3"),
  "sale that comes": at(`/seckill/${has.coming}`),
  "sale, signed out": at(`/seckill/${has.open}`),
  "sale, sold out": at(`/seckill/${has.won}`),
  "sale, paused": at(`/seckill/${has.paused}`),
  "sale, ended": at(`/seckill/${has.ended}`),
  "sign in": at("/sign-in"),
  "sign in, the code": async (page, lang) => {
    await at("/sign-in")(page, lang);
    await page.locator("#mobile").fill(newMobile());
    await page.locator("#mobile").press("Enter");
    await expect(page.locator("#code")).toBeVisible();
    await page.locator("#code").fill("000000");
  },
  privacy: at("/privacy"),
  terms: at("/terms"),
  "not found": at("/nothing-here"),
});
const student = (has: Stock): Record<string, Open> => ({
  "sale, open": at(`/seckill/${has.open}`),
  "sale, in the queue": async (page, lang) => {
    await page.route(/sckill\/$/, (route) => route.fulfill({ json: { code: 0, msg: "", task_id: "W".repeat(66), sale: has.open } }));
    await page.route(/sckill\/\?task_id=/, (route) => route.fulfill({ json: { code: 102, msg: "", place: 2_147_483_647, retry_ms: 60_000, sale: has.open } }));
    await at(`/seckill/${has.open}`)(page, lang);
    // Without its program the button is a form, which leads to the ticket's page.
    await expect(page.locator(".seckill-synced")).toContainText("·");
    await page.locator(".seckill-button").click();
    await expect(page.locator('.seckill[data-state="queued"]')).toBeVisible();
    await page.unrouteAll();
  },
  "sale, won": at(`/seckill/${has.won}`),
  "ticket, won": at(`/tickets/${has.ticket}`),
  "my courses": at("/me"),
});

/** What is wrong with the page as it is looked at now. */
function faults(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const found: string[] = [];
    const wide = document.documentElement.clientWidth;
    const name = (node: Element) => `<${node.localName} class="${node.getAttribute("class") ?? ""}"> ${(node.textContent ?? "").trim().slice(0, 24)}`;
    if (document.documentElement.scrollWidth > wide) found.push(`the page is ${document.documentElement.scrollWidth - wide} px too wide`);

    // Lines of text as they are drawn: none leaves the screen, lies on another, or is a letter high.
    const lines: { at: DOMRect; of: Element; layer: Element | null }[] = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text !== null; text = texts.nextNode()) {
      const of = text.parentElement;
      const words = (text.textContent ?? "").trim();
      if (of === null || words === "" || !of.checkVisibility({ visibilityProperty: true }) || of.closest(".unseen, .skip, option, noscript")) continue;
      const range = document.createRange();
      range.selectNodeContents(text);
      const drawn = Array.from(range.getClientRects()).filter(({ width, height }) => width > 1 && height > 1);
      const slide = of.closest(".carousel-slide");
      const inView = slide === null || slide === slide.parentElement?.firstElementChild;
      const clamped = of.closest(".course-card-name, .sale-card-name")?.getBoundingClientRect();
      const rows = new Set(drawn.map(({ top }) => Math.round(top))).size;
      if (rows > 2 && [...words].length / rows < 2) found.push(`stands upright: ${name(of)}`);
      for (const at of drawn) {
        if (!inView || (clamped && at.bottom > clamped.bottom + 1)) continue;
        if (at.right > wide + 1 || at.left < -1) found.push(`off the screen: ${name(of)}`);
        lines.push({ at, of, layer: of.closest(".bar") });
      }
    }
    // A line is higher than its letters: only what overlaps by more than a quarter of it touches them.
    lines.forEach((one, index) => {
      for (const other of lines.slice(index + 1)) {
        if (one.of === other.of || one.layer !== other.layer) continue;
        const across = Math.min(one.at.right, other.at.right) - Math.max(one.at.left, other.at.left);
        const down = Math.min(one.at.bottom, other.at.bottom) - Math.max(one.at.top, other.at.top);
        if (across > 2 && down > Math.min(one.at.height, other.at.height) / 4) found.push(`${name(one.of)} lies on ${name(other.of)}`);
      }
    });

    // What cuts off more than a name that says so with an ellipsis.
    for (const box of Array.from(document.querySelectorAll<HTMLElement>("body *"))) {
      if (box.closest(".unseen, .skip, .carousel-track, .course-card-name, .sale-card-name, svg, progress, input, select") || !box.checkVisibility()) continue;
      const { overflowX, overflowY } = getComputedStyle(box);
      if (overflowX !== "visible" && box.scrollWidth > box.clientWidth + 1) found.push(`cut at the side: ${name(box)}`);
      if (overflowY !== "visible" && box.scrollHeight > box.clientHeight + 1) found.push(`cut below: ${name(box)}`);
    }

    // Every control can be seen and touched where it is, once it was scrolled to.
    for (const control of Array.from(document.querySelectorAll<HTMLElement>("a[href], button, input:not([type=hidden]), select, summary"))) {
      if (control.closest(".skip, .carousel-slide:not(:first-child)") || !control.checkVisibility({ visibilityProperty: true })) continue;
      // A name may have more lines than the screen: its first one is looked at, in the upper part, or as far as the page can be scrolled.
      const first = () => control.getClientRects().item(0);
      scrollBy({ top: (first()?.top ?? 0) - innerHeight / 4, behavior: "instant" });
      if ((first()?.top ?? 0) + 20 > innerHeight) scrollTo({ top: document.documentElement.scrollHeight, behavior: "instant" });
      const rect = first();
      if (rect === null) continue;
      const { left, right } = control.getBoundingClientRect();
      if (left < -1 || right > wide + 1) found.push(`a control off the screen: ${name(control)}`);
      // What moves with the page is where it is only while it is scrolled by hand.
      if (getComputedStyle(control.closest(".seckill") ?? control).position === "sticky") continue;
      const hit = document.elementFromPoint((Math.max(rect.left, 0) + Math.min(rect.right, wide)) / 2, rect.top + Math.min(rect.height, 40) / 2);
      if (hit === null || !(control.contains(hit) || hit.contains(control))) found.push(`covered by ${hit && name(hit)}: ${name(control)}`);
    }

    // The bar is on the screen, leaves a third of it to the page at the very least, and does not hide its end.
    const bar = document.querySelector(".bar");
    if (bar && getComputedStyle(bar).position === "fixed") {
      scrollTo({ top: document.documentElement.scrollHeight, behavior: "instant" });
      const { top, bottom } = bar.getBoundingClientRect();
      const end = document.querySelector(".footer-fine")?.getBoundingClientRect().bottom ?? 0;
      if (top < innerHeight / 3 || bottom > innerHeight + 1) found.push(`the bar is from ${top} to ${bottom} of ${innerHeight}`);
      if (end > top + 1) found.push(`the end of the page is below the bar by ${end - top}`);
    }
    scrollTo({ top: 0, behavior: "instant" });
    return [...new Set(found)];
  });
}

async function look(page: Page, [width, text, spacing]: Look): Promise<void> {
  await page.setViewportSize({ width, height: HEIGHT });
  await page.evaluate(
    ([size, css]) => {
      document.documentElement.style.fontSize = size;
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
      document.adoptedStyleSheets = [sheet];
    },
    [`${text}%`, spacing === undefined ? "" : SPACING] as const,
  );
}

for (const lang of ["zh", "en"] as const) {
  test(`long names, large text and narrow screens leave every page whole (${lang})`, async ({ browser }) => {
    test.setTimeout(300_000);
    const shop = await Shop.start({ change: stretch });
    const context = await browser.newContext({ baseURL: shop.url, reducedMotion: "reduce" });
    try {
      const has = await stock(shop);
      const page = await context.newPage();
      const wrong: string[] = [];
      const walk = async (pages: Record<string, Open>) => {
        for (const [name, open] of Object.entries(pages)) {
          await open(page, lang);
          for (const as of LOOKS) {
            await look(page, as);
            for (const fault of await faults(page)) wrong.push(`${name}, ${as.join(" ")}: ${fault}`);
            if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${lang}-${name.replaceAll(/\W+/g, "-")}-${as.join("-")}.png`, fullPage: true });
          }
        }
      };
      await walk(visitor(has));
      await become(page, has.winner);
      const order = await has.winner.order();
      await walk({
        "my courses": at("/me"),
        "ticket, won": at(`/tickets/${has.ticket}`),
        "sale, won": at(`/seckill/${has.won}`),
        "order, held": async (page, lang) => {
          await at(`/orders/${order}`)(page, lang);
          await page.locator("summary").click();
        },
      });
      await page.goto(`/orders/${order}`);
      await payOrder(page);
      await walk({ "my courses, paid": at("/me"), "order, paid": at(`/orders/${order}`), receipt: at(`/orders/${order}/receipt`), "course, owned": at("/courses/2") });
      await walk({ "lesson, video": at("/learn/2/5"), "lesson, reading": at("/learn/2/9"), "lesson, exercise": at("/learn/2/10") });
      await become(page, has.loser);
      await walk(student(has));
      expect(wrong).toEqual([]);
    } finally {
      await context.close();
      await shop.stop();
    }
  });
}
