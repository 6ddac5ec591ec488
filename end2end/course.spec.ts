import { become, expect, test } from "./shop.ts";

test("a course says what it is, who teaches it, and what is in it", async ({ page }) => {
  await page.goto("/courses/1");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Python开发21天入门");
  const main = page.getByRole("main");
  await expect(main).toContainText("21 天");
  await expect(main).toContainText("120 / 120 节");
  await expect(main).toContainText("231 人");
  const outline = page.getByRole("region", { name: "课程大纲" });
  await expect(outline.getByRole("group")).toHaveCount(2);
  await expect(outline.getByText("计算机原理上")).toBeVisible();
  await expect(outline.getByText("环境搭建上")).toBeHidden();
  await outline.getByText("环境搭建", { exact: true }).click();
  await expect(outline.getByText("环境搭建上")).toBeVisible();
  const teacher = page.getByRole("region", { name: "老师" });
  await expect(teacher.getByRole("heading", { level: 3 })).toContainText("Alex");
  await expect(teacher).toContainText("金角大王");
});

test("a lesson that may be tried is marked", async ({ page }) => {
  await page.goto("/courses/1");
  const outline = page.getByRole("region", { name: "课程大纲" });
  await outline.getByText("环境搭建", { exact: true }).click();
  const lessons = outline.getByRole("listitem");
  await expect(lessons.filter({ hasText: "计算机原理上" })).toContainText("试看");
  await expect(lessons.filter({ hasText: "环境搭建上" })).not.toContainText("试看");
});

test("a course on sale leads to the sale", async ({ page, shop }) => {
  await shop.sale({ course: 3, price: "1.50" });
  await page.goto("/courses/3");
  await expect(page.getByRole("main")).toContainText("¥39");
  await page.getByRole("link", { name: "去秒杀" }).click();
  await expect(page).toHaveURL(/\/seckill\/\d+$/);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Linux系统基础5周入门精讲");
});

test("the way back is on the page", async ({ page }) => {
  await page.goto("/courses/3");
  const way = page.getByRole("navigation", { name: "当前位置" });
  await way.getByRole("link", { name: "Linux" }).click();
  await expect(page).toHaveURL("/courses?category=2");
});

test("who has a course goes on with it from its page, also by the way back", async ({ page, shop }) => {
  const offer = page.getByRole("button", { name: "免费加入" });
  const main = page.getByRole("main");
  await page.goto("/courses/1");
  await expect(offer).toBeVisible();
  await become(page, await shop.student());
  await page.goto("/courses/1");
  await offer.click();
  await expect(page).toHaveURL(/\/orders\/\d+$/);
  await page.goBack();
  await expect(main.getByRole("link", { name: "继续学习" }), "what the browser had is not shown again").toBeVisible();
  await expect(offer).toHaveCount(0);
  await main.getByRole("link", { name: "继续学习" }).click();
  await expect(page).toHaveURL(/\/learn\/1\/\d+$/);
  await page.goto("/en/courses/1");
  await expect(main.getByRole("link", { name: "Go on learning" })).toHaveAttribute("href", "/en/learn/1");
  await page.context().clearCookies();
  await page.goto("/courses/1");
  await expect(offer, "everybody else's page").toBeVisible();
});

test("every picture is there", async ({ page }) => {
  const failed: string[] = [];
  page.on("response", (answer) => {
    if (answer.request().resourceType() === "image" && !answer.ok()) failed.push(answer.url());
  });
  for (const path of ["/", "/courses", "/courses/1", "/courses/2", "/courses/3"]) {
    await page.goto(path);
    for (const picture of await page.getByRole("main").locator("img").all()) {
      await picture.scrollIntoViewIfNeeded();
      await expect(picture).toHaveJSProperty("complete", true);
      expect(await picture.getAttribute("width"), path).toMatch(/^\d+$/);
      expect(await picture.getAttribute("height"), path).toMatch(/^\d+$/);
    }
  }
  expect(failed).toEqual([]);
});
