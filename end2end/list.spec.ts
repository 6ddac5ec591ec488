import { cardNames, expect, test } from "./shop.ts";
import type { Page } from "@playwright/test";

const found = (page: Page, n: number) => expect(page.getByText(`找到 ${n} 门课程`, { exact: true })).toBeVisible();
const filter = (page: Page, group: string, name: string) => page.getByRole("navigation", { name: group }).getByRole("link", { name, exact: true });

test("every course is there, in the shop's order", async ({ page }) => {
  await page.goto("/courses");
  await found(page, 3);
  expect(await cardNames(page)).toEqual(["Python开发21天入门", "Python项目实战", "Linux系统基础5周入门精讲"]);
});

test("filters narrow the list, and the address says so", async ({ page }) => {
  await page.goto("/courses");
  await filter(page, "分类", "Python").click();
  await expect(page).toHaveURL("/courses?category=1");
  await found(page, 2);
  await filter(page, "难度", "中级").click();
  await expect(page).toHaveURL("/courses?category=1&level=1");
  await found(page, 1);
  expect(await cardNames(page)).toEqual(["Python项目实战"]);
  await expect(filter(page, "分类", "Python")).toHaveAttribute("aria-current", "true");
  await page.reload();
  await found(page, 1);
  await filter(page, "分类", "全部").click();
  await expect(page).toHaveURL("/courses?level=1");
});

test("the back button takes back one filter", async ({ page }) => {
  await page.goto("/courses");
  await filter(page, "分类", "Python").click();
  await found(page, 2);
  await filter(page, "分类", "Linux").click();
  await found(page, 1);
  await page.goBack();
  await expect(page).toHaveURL("/courses?category=1");
  await found(page, 2);
  await page.goForward();
  await expect(page).toHaveURL("/courses?category=2");
  await found(page, 1);
});

test("the order is the student's", async ({ page, javaScriptEnabled }) => {
  await page.goto("/courses");
  await page.getByLabel("排序").selectOption("价格从低到高");
  if (!javaScriptEnabled) await page.getByRole("button", { name: "应用" }).click();
  await expect(page).toHaveURL(/\/courses\?(q=&)?order=price$/);
  await expect.poll(() => cardNames(page)).toEqual(["Python开发21天入门", "Linux系统基础5周入门精讲", "Python项目实战"]);
  await expect(page.getByLabel("排序")).toHaveValue("price");
});

test("a search finds names, and keeps the filters", async ({ page }) => {
  await page.goto("/courses?category=1");
  await page.getByRole("searchbox", { name: "搜索课程" }).fill("实战");
  await page.getByRole("button", { name: "搜索", exact: true }).click();
  await expect(page).toHaveURL(/category=1/);
  await expect(page).toHaveURL(/q=%E5%AE%9E%E6%88%98/);
  await found(page, 1);
  expect(await cardNames(page)).toEqual(["Python项目实战"]);
  await page.getByRole("link", { name: "清除搜索" }).click();
  await expect(page).toHaveURL("/courses?category=1");
  await found(page, 2);
});

test("what nobody teaches is not found, and each condition can be dropped", async ({ page }) => {
  await page.goto("/courses?category=2&level=2&q=Rust");
  await expect(page.getByRole("heading", { name: "没有找到这样的课程" })).toBeVisible();
  for (const name of ["去掉「Rust」", "不限分类", "不限难度"]) await expect(page.getByRole("link", { name })).toBeVisible();
  await page.getByRole("link", { name: "不限分类" }).click();
  await expect(page).toHaveURL("/courses?level=2&q=Rust");
  await page.getByRole("link", { name: "看全部课程" }).click();
  await found(page, 3);
});

test("pages of a list are links", async ({ page }) => {
  await page.goto("/courses?size=1");
  const pages = page.getByRole("navigation", { name: "分页" });
  await expect(pages.getByRole("link", { name: "上一页" })).toHaveCount(0);
  await pages.getByRole("link", { name: "下一页" }).click();
  await expect(page).toHaveURL("/courses?page=2&size=1");
  await expect.poll(() => cardNames(page)).toEqual(["Python项目实战"]);
  await expect(pages.getByRole("link", { name: "第 2 页" })).toHaveAttribute("aria-current", "page");
  await pages.getByRole("link", { name: "第 3 页" }).click();
  await expect(page).toHaveURL("/courses?page=3&size=1");
  await expect(pages.getByRole("link", { name: "下一页" })).toHaveCount(0);
});

test("a page past the last one is not there, and leads back", async ({ page }) => {
  const answer = await page.goto("/courses?page=9");
  expect(answer?.status()).toBe(404);
  await expect(page.getByRole("heading", { name: "没有这一页" })).toBeVisible();
  await page.getByRole("link", { name: "回到第一页" }).click();
  await found(page, 3);
});

test("a filter that is none is named, and can be dropped", async ({ page }) => {
  const answer = await page.goto("/courses?level=9");
  expect(answer?.status()).toBe(400);
  await expect(page.getByRole("alert")).toContainText("难度");
  await page.getByRole("link", { name: "去掉所有条件" }).click();
  await found(page, 3);
});

test("what a student types is shown as text", async ({ page }) => {
  await page.goto(`/courses?q=${encodeURIComponent('"><img src=x onerror=alert(1)>')}`);
  await expect(page.getByRole("searchbox")).toHaveValue('"><img src=x onerror=alert(1)>');
  await expect(page).toHaveTitle(/"><img src=x onerror=alert\(1\)>/);
});
