import { cardNames, expect, test } from "./shop.ts";

test("the list changes without a reload", async ({ page }) => {
  await page.goto("/courses");
  await page.evaluate(() => Object.assign(window, { sameDocument: true }));
  await page.getByRole("navigation", { name: "分类" }).getByRole("link", { name: "Linux" }).click();
  await expect.poll(() => cardNames(page)).toEqual(["Linux系统基础5周入门精讲"]);
  await expect(page).toHaveURL("/courses?category=2");
  await expect(page).toHaveTitle(/^Linux · 全部课程/);
  await page.getByRole("searchbox", { name: "搜索课程" }).fill("Rust");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "没有找到这样的课程" })).toBeVisible();
  await page.goBack();
  await expect.poll(() => cardNames(page)).toEqual(["Linux系统基础5周入门精讲"]);
  await page.goBack();
  await expect(page).toHaveURL("/courses");
  await expect.poll(() => cardNames(page)).toHaveLength(3);
  expect(await page.evaluate(() => "sameDocument" in window)).toBe(true);
});

test("the number found is announced", async ({ page }) => {
  await page.goto("/courses");
  await page.getByRole("navigation", { name: "难度" }).getByRole("link", { name: "中级" }).click();
  await expect(page.getByRole("status").filter({ hasText: "找到 1 门课程" })).toBeVisible();
});

test("clocks that come with the new cards run", async ({ page, shop }) => {
  await shop.sale();
  await page.goto("/courses?category=2");
  await page.getByRole("navigation", { name: "分类" }).getByRole("link", { name: "Python" }).click();
  const clock = page.getByRole("article").filter({ hasText: "Python项目实战" }).getByRole("time");
  await expect(clock).toHaveText(/\d\d:\d\d:\d\d$/);
  const before = await clock.innerText();
  await expect(clock).not.toHaveText(before);
});

test("the course that was left is still in view on the way back", async ({ page }) => {
  await page.goto("/courses");
  await page.getByRole("navigation", { name: "分类" }).getByRole("link", { name: "Linux" }).click();
  await expect(page).toHaveURL("/courses?category=2");
  await page.getByRole("link", { name: "Linux系统基础5周入门精讲" }).click();
  await expect(page).toHaveURL("/courses/3");
  await page.goBack();
  await expect(page).toHaveURL("/courses?category=2");
  await expect.poll(() => cardNames(page)).toEqual(["Linux系统基础5周入门精讲"]);
});
