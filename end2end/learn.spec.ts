import type { Page } from "@playwright/test";
import { become, expect, test, type Shop } from "./shop.ts";

/** Makes the page one of a student who has the first course, which costs nothing. */
async function own(page: Page, shop: Shop): Promise<void> {
  const student = await shop.student();
  const bought = await student.http.post("/api/v1/order/buy/", { data: { course: 1 } });
  expect(bought.status(), await bought.text()).toBe(200);
  await become(page, student);
}

test("a student goes through a course, section by section", async ({ page, shop }) => {
  await own(page, shop);
  await page.goto("/learn/1");
  await expect(page).toHaveURL("/learn/1/1");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("计算机原理上");
  const outline = page.getByRole("group").filter({ hasText: "课程大纲" });
  await expect(outline.getByRole("link")).toHaveCount(6);
  await expect(outline).toContainText("已学 0 / 6 节");
  await expect(outline.getByRole("link", { name: "计算机原理上" })).toHaveAttribute("aria-current", "page");
  await page.getByRole("button", { name: "标记为已学完" }).click();
  await expect(page).toHaveURL("/learn/1/1");
  await expect(page.getByRole("article").getByRole("status")).toHaveText("已学完");
  await expect(outline).toContainText("已学 1 / 6 节");
  await page.getByRole("link", { name: /^下一节/ }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("计算机原理下");
  await page.getByRole("link", { name: /^上一节/ }).click();
  await expect(page).toHaveURL("/learn/1/1");
  await page.goto("/learn/1");
  await expect(page, "where the student goes on").toHaveURL("/learn/1/2");
});

test("a document opens in a tab of its own", async ({ page, shop }) => {
  await own(page, shop);
  await page.goto("/learn/1/7");
  const link = page.getByRole("link", { name: "打开文档" });
  await expect(link).toHaveAttribute("target", "_blank");
  // It runs no script, also none of a test that looks into its tab.
  const document = await page.request.get((await link.getAttribute("href")) ?? "");
  expect(document.headers()).toMatchObject({ "content-type": "text/html; charset=utf-8", "cross-origin-opener-policy": "unsafe-none" });
  expect(await document.text()).toContain("环境搭建：步骤");
});

test("a lesson that is not there yet is told of", async ({ page, shop }) => {
  await own(page, shop);
  await page.goto("/learn/1/4");
  await expect(page.getByText("这一节的内容还没有上传。")).toBeVisible();
});

test("a free preview leads to the course, and the rest is closed", async ({ page }) => {
  await page.goto("/learn/1/1");
  await expect(page.locator("video")).toHaveAttribute("src", /^\/learn\/media\/1\?e=\d+&s=[\w-]+$/);
  await expect(page.getByRole("link", { name: "环境搭建上" })).toHaveCount(0);
  await expect(page.getByRole("listitem").filter({ hasText: "环境搭建上" }).last()).toContainText("购买后可学");
  await page.getByRole("link", { name: "查看整门课" }).click();
  await expect(page).toHaveURL("/courses/1");
  await page.goto("/learn/1/3");
  await expect(page, "who has no right is led away").toHaveURL("/courses/1");
});
