// While the shop is being worked on: shows a new build as soon as there is one. Pages ask for this file only then.
const { port } = document.querySelector("script[data-port]").dataset;

const connect = () => {
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.hostname}:${port}/live_reload`);
  socket.onmessage = ({ data }) => {
    const { css } = JSON.parse(data);
    if (!css) return location.reload();
    for (const link of document.querySelectorAll("link[rel=stylesheet]")) {
      link.href = `${link.href.split("?")[0]}?version=${Date.now()}`;
    }
  };
  socket.onclose = () => setTimeout(connect, 1000);
};

connect();
