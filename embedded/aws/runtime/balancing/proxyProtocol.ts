/** The header of version 2 that tells a target who the client is: https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt */
export function proxyHeader(
  source: { readonly address: string; readonly port: number },
  destination: { readonly address: string; readonly port: number },
): Buffer {
  const signature = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");
  const ends = Buffer.alloc(12);
  ends.set(bytes(source.address), 0);
  ends.set(bytes(destination.address), 4);
  ends.writeUInt16BE(source.port, 8);
  ends.writeUInt16BE(destination.port, 10);
  // Version 2, proxied; TCP over IPv4; the length of what follows.
  return Buffer.concat([signature, Buffer.from([0x21, 0x11, 0, ends.length]), ends]);
}

function bytes(address: string): number[] {
  return address.split(".").map(Number);
}
