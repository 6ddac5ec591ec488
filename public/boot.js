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

const { js, wasm } = document.querySelector("script[data-js]").dataset;
const program = await import(js);
await program.default({ module_or_path: wasm });
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
