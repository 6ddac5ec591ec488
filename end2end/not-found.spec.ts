import { expect, test } from "./shop.ts";

for (const [path, heading, home] of [
  ["/nothing-here", "没有这个页面", "/"],
  ["/courses/999", "没有这个页面", "/"],
  ["/en/nothing-here", "There is no such page", "/en"],
] as const) {
  test(`${path} is a page that says there is none`, async ({ page }) => {
    const answer = await page.goto(path);
    expect(answer?.status()).toBe(404);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(heading);
    await page.getByRole("main").getByRole("link").first().click();
    await expect(page).toHaveURL(home);
  });
}

test("what is not there can be searched for", async ({ page }) => {
  await page.goto("/courses/999");
  await page.getByRole("searchbox", { name: "搜索课程" }).fill("Python");
  await page.getByRole("main").getByRole("button", { name: "搜索" }).click();
  await expect(page).toHaveURL("/courses?q=Python");
});
