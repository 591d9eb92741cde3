// npm's oidc-provider, with the pages for login and consent that come with it: any name and password will do.
// Arguments: the package's main file, the port, the address at the hub to which it sends people back, and how.
const [file, port, callback, mode] = process.argv.slice(2);
const { Provider } = await import(file);
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    { client_id: "hub", client_secret: "hub-secret", redirect_uris: [callback], response_types: ["code"] },
  ],
  cookies: { keys: ["a key of the test's"] },
  pkce: { required: () => false },
});
provider.listen(Number(port), "127.0.0.1");
