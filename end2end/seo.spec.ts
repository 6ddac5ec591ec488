import { expect, test } from "./shop.ts";
import type { Page } from "@playwright/test";

const meta = (page: Page, name: string) => page.locator(`head meta[property="${name}"], head meta[name="${name}"]`);

for (const [path, other, title] of [
  ["/", "/en", "抢课 · 好课，准点开抢"],
  ["/courses?category=1", "/en/courses?category=1", "Python · 全部课程 · 抢课"],
  ["/courses/2", "/en/courses/2", "Python项目实战 · 抢课"],
] as const) {
  test(`${path} says what it is`, async ({ page, shop }) => {
    await page.goto(path);
    await expect(page).toHaveTitle(title);
    await expect(page.locator("html")).toHaveAttribute("lang", "zh-CN");
    await expect(page.locator("head link[rel=canonical]")).toHaveAttribute("href", shop.url + path);
    for (const [lang, href] of [["zh-CN", path], ["en", other], ["x-default", path]] as const) {
      await expect(page.locator(`head link[rel=alternate][hreflang="${lang}"]`)).toHaveAttribute("href", shop.url + href);
    }
    await expect(meta(page, "description")).toHaveAttribute("content", /.{20,}/);
    await expect(meta(page, "og:title")).toHaveAttribute("content", title);
    await expect(meta(page, "og:url")).toHaveAttribute("content", shop.url + path);
    const image = await meta(page, "og:image").getAttribute("content");
    expect((await page.request.get(image ?? "")).status(), String(image)).toBe(200);
  });
}

test("a course describes itself to search engines", async ({ page, shop }) => {
  await page.goto("/courses/2");
  const data = JSON.parse(await page.locator('script[type="application/ld+json"]').innerText()) as Record<string, unknown>;
  expect(data).toMatchObject({ "@type": "Course", name: "Python项目实战", url: `${shop.url}/courses/2` });
});

test("the sitemap names every page that can be found, and each of them is there", async ({ request, shop }) => {
  const answer = await request.get("/sitemap.xml");
  expect(answer.headers()["content-type"]).toContain("xml");
  const places = [...(await answer.text()).matchAll(/<loc>([^<]+)<\/loc>/g)].map(([, place]) => place ?? "");
  expect(places).toContain(`${shop.url}/courses/3`);
  expect(places).toContain(`${shop.url}/en`);
  for (const place of places) expect((await request.get(place)).status(), place).toBe(200);
});

test("robots are told where the sitemap is, and what is nobody's business", async ({ request, shop }) => {
  const text = await (await request.get("/robots.txt")).text();
  expect(text).toContain(`Sitemap: ${shop.url}/sitemap.xml`);
  for (const path of ["/api/", "/me$", "/me?", "/tickets/", "/en/me$", "/en/me?", "/en/tickets/"]) expect(text).toContain(`Disallow: ${path}\n`);
});

test("the shop can be put on a home screen", async ({ page, request }) => {
  await page.goto("/");
  const place = await page.locator("head link[rel=manifest]").getAttribute("href");
  const answer = await request.get(place ?? "");
  expect(answer.status()).toBe(200);
  expect(answer.headers()["content-type"]).toContain("application/manifest+json");
  const manifest = (await answer.json()) as { name: string; icons: { src: string }[] };
  expect(manifest.name).toContain("抢课");
  for (const { src } of manifest.icons) expect((await request.get(src)).status(), src).toBe(200);
});

test("signing in is found by a search, one student's way there is not", async ({ page, request, shop }) => {
  await page.goto("/sign-in");
  await expect(meta(page, "robots")).toHaveCount(0);
  await expect(page.locator("head link[rel=canonical]")).toHaveAttribute("href", `${shop.url}/sign-in`);
  await page.goto("/sign-in?next=%2Fseckill%2F1");
  await expect(meta(page, "robots")).toHaveAttribute("content", /noindex/);
  const disallowed = [...(await (await request.get("/robots.txt")).text()).matchAll(/^Disallow: (.*)$/gm)].map(([, path]) => path ?? "");
  // RFC 9309, section 2.2.2: a rule is how a path begins, and `$` is its end.
  const kept = (path: string) => disallowed.some((rule) => (rule.endsWith("$") ? path === rule.slice(0, -1) : path.startsWith(rule)));
  expect(["/media/banner/rush.png", "/en", "/"].filter(kept), "what a page shows").toEqual([]);
  expect(["/sign-in", "/en/sign-in"].filter(kept), "kept from a search").toEqual([]);
  expect(["/sign-in?next=%2F", "/en/sign-in?next=%2F"].filter(kept)).toHaveLength(2);
});
