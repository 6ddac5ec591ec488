import { expect, test } from "./shop.ts";

test("the first page shows pictures, sales, categories and courses", async ({ page, shop }) => {
  await shop.sale({ course: 2 });
  await page.goto("/");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("抢课：好课，准点开抢");
  await expect(page.getByRole("region", { name: "精选" }).getByRole("listitem")).toHaveCount(3);
  const sales = page.getByRole("region", { name: "正在秒杀" }).getByRole("article");
  await expect(sales.first()).toContainText("Python项目实战");
  await expect(sales.first()).toContainText("¥9.90");
  await expect(sales.first()).toContainText("Mjj 主讲");
  const categories = page.getByRole("region", { name: "课程分类" }).getByRole("link");
  await expect(categories).toHaveText(["全部课程", "Python", "Linux"]);
  const popular = page.getByRole("region", { name: "大家都在学" }).getByRole("article");
  await expect(popular.getByRole("heading")).toHaveText(["Python项目实战", "Python开发21天入门", "Linux系统基础5周入门精讲"]);
  await expect(page.getByRole("region", { name: "秒杀怎么抢" }).getByRole("listitem")).toHaveCount(3);
});

test("a card of a sale leads to it", async ({ page, shop }) => {
  await shop.sale();
  await page.goto("/");
  await page.getByRole("region", { name: "正在秒杀" }).getByRole("link", { name: "Python项目实战" }).first().click();
  await expect(page).toHaveURL(/\/seckill\/\d+$/);
});

test("a category leads to its courses", async ({ page }) => {
  await page.goto("/");
  await page.getByRole("region", { name: "课程分类" }).getByRole("link", { name: "Linux" }).click();
  await expect(page).toHaveURL("/courses?category=2");
  await expect(page.getByRole("status").first()).toHaveText("找到 1 门课程");
});

test("the carousel can be walked without its buttons", async ({ page }) => {
  await page.goto("/");
  const carousel = page.getByRole("region", { name: "精选" });
  const last = carousel.getByRole("listitem").nth(2);
  await carousel.getByRole("link", { name: /^第 3 张，共 3 张：/ }).click();
  await expect(last).toBeInViewport({ ratio: 0.9 });
});

test("the first picture is fetched at once, the others when they are near", async ({ page }) => {
  await page.goto("/");
  const pictures = page.getByRole("region", { name: "精选" }).getByRole("listitem").locator("img");
  await expect(pictures.first()).toHaveAttribute("fetchpriority", "high");
  await expect(pictures.first()).not.toHaveAttribute("loading", "lazy");
  await expect(pictures.nth(1)).toHaveAttribute("loading", "lazy");
});

test("what a form's error was is said, and a slide's words stand above its picture, which may be missing", async ({ page }) => {
  await page.route("**/media/banner/*", (route) => route.fulfill({ status: 404 }));
  await page.goto("/?error=too-many&retry_s=7");
  await expect(page.getByRole("alert")).toHaveText("太频繁了，7 秒后可以再试。");
  const slide = page.getByRole("region", { name: "精选" }).getByRole("listitem").first();
  const title = slide.getByRole("link");
  await expect(title).toBeInViewport();
  const isOnTop = await title.evaluate((link) => {
    const { x, y, width, height } = link.getBoundingClientRect();
    const top = document.elementFromPoint(x + width / 2, y + height / 2);
    return top === link;
  });
  expect(isOnTop).toBe(true);
  const drawn = await slide.locator("img").evaluate((img: HTMLImageElement) => [
    img.complete && img.naturalWidth === 0,
    getComputedStyle(img, "::after").backgroundImage.includes("/media/cover-fallback.svg"),
    getComputedStyle(img, "::after").height === getComputedStyle(img).height,
  ]);
  expect(drawn).toEqual([true, true, true]);
});

test("the other language is one link away, on the same page", async ({ page }) => {
  await page.goto("/courses?category=1");
  await page.getByRole("link", { name: "EN · English" }).click();
  await expect(page).toHaveURL("/en/courses?category=1");
  await expect(page.locator("html")).toHaveAttribute("lang", "en");
  await page.getByRole("link", { name: "中文 · Chinese" }).click();
  await expect(page).toHaveURL("/courses?category=1");
});

test("the keyboard skips to the content", async ({ page }) => {
  await page.goto("/");
  await page.keyboard.press("Tab");
  const skip = page.getByRole("link", { name: "跳到正文" });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("main")).toBeFocused();
});
