import { expect, NEWS_TIMEOUT, Shop, test } from "./shop.ts";

test("a page that is the same for everybody is asked for once", async ({ request }) => {
  for (const path of ["/", "/en", "/courses?category=1", "/courses/1", "/boot.js", "/media/courses/alex_python.png"]) {
    const first = await request.get(path);
    expect(first.status(), path).toBe(200);
    const etag = first.headers()["etag"] ?? "";
    expect(etag, path).not.toBe("");
    expect(first.headers()["set-cookie"], path).toBeUndefined();
    const second = await request.get(path, { headers: { "if-none-match": etag } });
    expect(second.status(), path).toBe(304);
    expect((await second.body()).length, path).toBe(0);
  }
});

test("a page is sent compressed to who can read that", async ({ request }) => {
  for (const coding of ["br", "gzip"]) {
    const answer = await request.get("/", { headers: { "accept-encoding": coding } });
    expect(answer.headers()["content-encoding"]).toBe(coding);
    expect(await answer.text()).toContain("</html>");
  }
});

test("a banner that is hidden is gone within a second, and comes back", async ({ page, request, shop }) => {
  const titles = async () => {
    const { result } = (await (await request.get("/api/v1/home/banner/")).json()) as { result: { title: string }[] };
    return result.map(({ title }) => title);
  };
  const home = async () => (await request.get("/")).text();
  const etag = (await request.get("/")).headers()["etag"] ?? "";
  expect(await titles()).toContain("Linux 五周入门");
  expect(await home()).toContain("Linux 五周入门");
  await shop.command("banner", "hide", "3");
  await page.waitForTimeout(NEWS_TIMEOUT);
  expect(await titles()).toEqual(["整点开抢", "Python 从零到项目"]);
  expect(await home()).not.toContain("Linux 五周入门");
  expect((await request.get("/", { headers: { "if-none-match": etag } })).status()).toBe(200);
  await page.goto("/");
  await expect(page.getByRole("region", { name: "精选" }).getByRole("listitem")).toHaveCount(2);
  await shop.command("banner", "show", "3");
  await page.waitForTimeout(NEWS_TIMEOUT);
  expect(await titles()).toHaveLength(3);
});

test("importing the seed again changes nothing", async ({ request }) => {
  // Of its own: an import refuses rows that an operator has changed since, as another test does.
  const shop = await Shop.start();
  const list = async () => (await request.get(`${shop.url}/api/v1/course/actual/`)).json();
  const before = await list();
  await shop.command("import", `${shop.seed}/courses.sql`);
  await shop.command("import", `${shop.seed}/banners.sql`);
  expect(await list()).toEqual(before);
  await shop.stop();
});

test("pages say which links may be fetched ahead, and none of those is personal", async ({ request }) => {
  const rules = (await request.get("/")).headers()["speculation-rules"] ?? "";
  expect(rules).toBe('"/speculation-rules.json"');
  const answer = await request.get(JSON.parse(rules));
  expect(answer.headers()["content-type"]).toBe("application/speculationrules+json");
  expect(JSON.stringify(await answer.json())).toContain("/tickets/*");
});
