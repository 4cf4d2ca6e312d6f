import { createServer } from "node:net";

// Accepts every connection at a loopback port and never answers. To its clients it behaves like a pod behind a wrong
// ServiceEntry. Run as: node silent-peer.ts PORT
createServer((socket) => {
  socket.resume();
  // A client may give up; that is not an error here.
  socket.on("error", () => undefined);
}).listen(Number(process.argv[2]), "127.0.0.1");
