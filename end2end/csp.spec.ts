// That no page reports a violation is asserted after every test, in shop.ts.

import { become, expect, test } from "./shop.ts";

const POLICY =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

test("pages carry no script and no style of their own", async ({ page, shop }) => {
  const sale = await shop.sale({ stock: 1 });
  const student = await shop.student();
  const ticket = await student.grab(sale);
  const visited = ["/", "/en", "/courses", "/courses?q=nothing", "/courses/1", `/seckill/${sale}`, "/sign-in", "/nothing-here"];
  const own = ["/me", `/tickets/${ticket}`];
  const check = async (path: string) => {
    const answer = await page.request.get(path);
    const html = await answer.text();
    expect(answer.headers()["content-security-policy"], path).toBe(POLICY);
    const scripts = [...html.matchAll(/<script\b([^>]*)>/g)].map(([, attributes]) => attributes ?? "");
    for (const script of scripts) expect(script, path).toMatch(/\bsrc=|type="application\/ld\+json"/);
    expect(html, path).not.toMatch(/<style\b/);
    expect(html, path).not.toMatch(/<[a-z][^>]*\s(style|on[a-z]+)\s*=/i);
  };
  for (const path of visited) await check(path);
  await become(page, student);
  for (const path of own) await check(path);
});

test("a form of another site is refused", async ({ request, baseURL }) => {
  for (const headers of [{ origin: "https://evil.example" }, { "sec-fetch-site": "cross-site", origin: baseURL ?? "" }] as Record<string, string>[]) {
    const answer = await request.post("/api/v1/user/send_sms/", { headers, form: { mobile: "13800000000" } });
    expect(answer.status()).toBe(403);
  }
});

test("every answer has the headers that browsers ask for", async ({ request }) => {
  for (const path of ["/", "/api/v1/course/category/", "/favicon.svg", "/nothing-here"]) {
    const headers = (await request.get(path)).headers();
    expect(headers, path).toMatchObject({
      "x-content-type-options": "nosniff",
      "referrer-policy": "same-origin",
      "cross-origin-opener-policy": "same-origin",
    });
  }
});
