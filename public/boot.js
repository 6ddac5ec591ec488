// Starts the islands of a page, which works without them. The framework would write this into every page; as a file
// of its own it is loaded once, and no page needs an inline script.

// What the framework expects to find: no page carries data for its islands.
Object.assign(globalThis, {
  __RESOLVED_RESOURCES: [],
  __PENDING_RESOURCES: [],
  __RESOURCE_RESOLVERS: [],
  __SERIALIZED_ERRORS: [],
  __INCOMPLETE_CHUNKS: [],
});

// What is seen first comes first: the program would share the line with the page's largest picture, and every button works
// before it is there. It is asked for once all of that is on the screen, or after so many milliseconds: nothing is painted in a
// tab that nobody looks at.
const SEEN_WITHIN_MS = 2_000;
const frame = () => new Promise(requestAnimationFrame);
const seen = async () => {
  if (document.readyState !== "complete") await new Promise((done) => addEventListener("load", done, { once: true }));
  await new Promise((done) => new PerformanceObserver(done).observe({ type: "paint", buffered: true }));
  // A picture that came last is painted with the next frame, which is on the screen when the one after it begins.
  await frame();
  await frame();
};
await Promise.race([seen(), new Promise((done) => setTimeout(done, SEEN_WITHIN_MS))]);

const load = async () => {
  // A browser without it (Chromium before 103) would stop in the middle of a request.
  if (!AbortSignal.timeout) throw new Error("this browser is too old");
  const { js, wasm } = document.querySelector("script[data-js]").dataset;
  // Both at once, not one after the other.
  const [program, bytes] = await Promise.all([import(js), fetch(wasm)]);
  await program.default({ module_or_path: bytes });
  return program;
};
// Whoever leaves the page meanwhile, or loses the line, has a page without its program: it works, and the next one tries again.
const program = await load().catch((error) => console.warn(`this page stays without its program: ${error}`));

// Wakes the islands below a node, outer ones first: each inherits what the one around it provides.
globalThis.hydrateIslands = async (root) => {
  for (const island of root.querySelectorAll("leptos-island")) {
    if (island.$$hydrated) continue;
    island.$$hydrated = true;
    island.parentElement.closest("leptos-children")?.$$on_hydrate?.();
    await program[island.dataset.component]?.(island);
  }
};

if (program) {
  program.hydrate();
  await hydrateIslands(document);
}
// As without JavaScript: a page that waits looks again, where no island does it, or after the time that it names itself.
const waits = document.querySelector(program ? "noscript[data-again]" : "noscript");
const wait = waits?.dataset.again ?? /refresh" content="(\d+)/.exec(waits?.textContent)?.[1];
if (wait) setTimeout(() => location.reload(), wait * 1_000);
