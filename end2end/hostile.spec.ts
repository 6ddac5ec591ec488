// What the database says is text, whatever it looks like: no page runs it, breaks on it, or lets its policy be asked.

import { become, expect, Shop, test } from "./shop.ts";

/** Markup, quotes, a change of direction, and characters of four bytes. */
const HOSTILE = "</script><img src=x onerror=alert(1)>\"'&\u202e\u{1f393}\u{20bb7}";
/** The same as a name has it: an import takes out what shows nothing. */
const SHOWN = HOSTILE.replace("\u202e", "");

/** The seed with that before each Chinese text, and each category. */
const spoil = (sql: string) => sql.replace(/'((?:[^']|'')*[\u4e00-\u9fff](?:[^']|'')*|Python|Linux)'/g, (_, text: string) => `'${HOSTILE.replaceAll("'", "''")}${text}'`);

test("hostile text of the database is shown, and never run", async ({ browser, javaScriptEnabled }) => {
  const shop = await Shop.start({ change: spoil });
  const context = await browser.newContext({ baseURL: shop.url, javaScriptEnabled });
  const page = await context.newPage();
  const wrong: string[] = [];
  page.on("dialog", (dialog) => void dialog.dismiss().then(() => wrong.push("a script ran")));
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("console", (message) => /Content Security Policy/.test(message.text()) && wrong.push(message.text()));
  try {
    const sale = await shop.sale({ stock: 1 });
    const student = await shop.student();
    const ticket = await student.grab(sale);
    await become(page, student);
    const showing = ["/", "/en", "/courses", "/courses/2", "/en/courses/2", `/seckill/${sale}`, `/tickets/${ticket}`, "/me"];
    const search = `/courses?q=${encodeURIComponent(HOSTILE)}`;
    for (const path of [...showing, search]) {
      const answer = await page.goto(path);
      expect(answer?.status(), path).toBe(200);
      expect(await page.locator("body").textContent(), path).toContain(SHOWN);
      await expect(page.locator("img[src=x], [onerror]"), path).toHaveCount(0);
      // Whatever would start by itself has had its turn when the next page comes.
      await page.waitForLoadState("networkidle");
    }
    expect(wrong).toEqual([]);
  } finally {
    await context.close();
    await shop.stop();
  }
});
