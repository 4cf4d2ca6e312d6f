import { createServer } from "node:net";

// Accepts every connection at a port of the loopback address and never says a word: to its clients it is what a
// pod behind a wrong ServiceEntry is. Run as: node silent-peer.ts PORT
createServer((socket) => {
  socket.resume();
  // A client that gives up is no event here.
  socket.on("error", () => undefined);
}).listen(Number(process.argv[2]), "127.0.0.1");
