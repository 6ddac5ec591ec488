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
// before it is there. A picture that does not come holds it up no longer than this.
const LOAD_MAX_MS = 2_000;
await new Promise((done) => {
  if (document.readyState === "complete") return done();
  addEventListener("load", done, { once: true });
  setTimeout(done, LOAD_MAX_MS);
});

const { js, wasm } = document.querySelector("script[data-js]").dataset;
// Both at once, not one after the other.
const bytes = fetch(wasm);
const program = await import(js);
await program.default({ module_or_path: bytes });
program.hydrate();

// Wakes the islands below a node, outer ones first: each inherits what the one around it provides.
globalThis.hydrateIslands = async (root) => {
  for (const island of root.querySelectorAll("leptos-island")) {
    if (island.$$hydrated) continue;
    island.$$hydrated = true;
    island.parentElement.closest("leptos-children")?.$$on_hydrate?.();
    await program[island.dataset.component]?.(island);
  }
};

await hydrateIslands(document);
