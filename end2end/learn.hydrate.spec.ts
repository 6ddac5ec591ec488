// What a lesson's page keeps by itself.

import type { Page } from "@playwright/test";
import { become, expect, test, type Shop } from "./shop.ts";

async function open(page: Page, shop: Shop, path: string): Promise<void> {
  const student = await shop.student();
  const bought = await student.http.post("/api/v1/order/buy/", { data: { course: 1 } });
  expect(bought.status(), await bought.text()).toBe(200);
  await become(page, student);
  await page.goto(path);
}

/** Lets the video play a moment from this second on, and waits until the shop has heard of its pause. */
async function playAt(page: Page, second: number): Promise<void> {
  const heard = page.waitForResponse(/learn\/progress\//);
  await page.locator("video").evaluate(async (video: HTMLVideoElement, second) => {
    video.muted = true;
    if (video.readyState < 1) await new Promise((done) => video.addEventListener("loadedmetadata", done, { once: true }));
    video.currentTime = second;
    await video.play();
    await new Promise((done) => setTimeout(done, 300));
    video.pause();
  }, second);
  expect((await heard).status()).toBe(200);
}

test("a video goes on where it was", async ({ page, shop }) => {
  await open(page, shop, "/learn/1/3");
  await playAt(page, 12);
  await page.reload();
  await expect(page.locator("video")).toHaveAttribute("src", /#t=12$/);
  await expect.poll(() => page.locator("video").evaluate((video: HTMLVideoElement) => Math.floor(video.currentTime))).toBe(12);
  await expect(page.getByRole("group").filter({ hasText: "课程大纲" })).toContainText("看了 4");
});

test("a video that was seen is done", async ({ page, shop }) => {
  await open(page, shop, "/learn/1/3");
  await playAt(page, 28);
  await expect(page.getByRole("article").getByRole("status")).toHaveText("已学完");
  await expect(page.getByRole("button", { name: "标记为已学完" })).toHaveCount(0);
});

test("keys lead on, and the speed is remembered", async ({ page, shop }) => {
  await open(page, shop, "/learn/1/1");
  await page.getByLabel("播放速度").selectOption("1.5");
  await page.getByRole("heading", { level: 1 }).click();
  await page.keyboard.press("n");
  await expect(page).toHaveURL("/learn/1/2");
  await expect(page.getByLabel("播放速度")).toHaveValue("1.5");
  await page.keyboard.press("p");
  await expect(page).toHaveURL("/learn/1/1");
});
