import { become, expect, test } from "./shop.ts";

test("who has no seat yet is led to the sales", async ({ page, shop }) => {
  await become(page, await shop.student());
  await page.goto("/me");
  await expect(page.getByRole("heading", { name: "还没有座位" })).toBeVisible();
  await page.getByRole("link", { name: "去看秒杀" }).click();
  await expect(page).toHaveURL("/#sales");
});

test("seats stand there with number, price and the way to the course", async ({ page, shop }) => {
  const student = await shop.student();
  await student.grab(await shop.sale({ course: 2, price: "9.90" }));
  await student.grab(await shop.sale({ course: 3, price: "1" }));
  await become(page, student);
  await page.goto("/me");
  const seats = page.getByRole("main").getByRole("article");
  await expect(seats.getByRole("heading")).toHaveText(["Linux系统基础5周入门精讲", "Python项目实战"]);
  await expect(seats.last()).toContainText("¥9.90");
  await expect(seats.last()).toContainText("第 1 席");
  await seats.last().getByRole("link", { name: /看课程/ }).click();
  await expect(page).toHaveURL("/courses/2");
});

test("a page of one student is kept by nobody else", async ({ page, shop }) => {
  await become(page, await shop.student());
  for (const path of ["/me", "/sign-in"]) {
    const answer = await page.request.get(path, { maxRedirects: 0 });
    expect(answer.headers()["cache-control"], path).toBe("no-store");
  }
});
