// CDK CLI plugin: credentials for any account, in the form of the emulator's access keys.
// One object serves both generations of the AWS SDK inside the CLI: version 2 calls its methods, version 3 reads its fields.
class Keys {
  constructor(account) {
    this.accessKeyId = `ASIA${account}0000`;
    this.secretAccessKey = "secret";
    this.expired = false;
  }
  get(done) { done(); }
  getPromise() { return Promise.resolve(); }
  refresh(done) { done(); }
  refreshPromise() { return Promise.resolve(); }
  needsRefresh() { return false; }
}

module.exports = {
  version: "1",
  init(host) {
    host.registerCredentialProviderSource({
      name: "emulated accounts",
      isAvailable: () => Promise.resolve(true),
      canProvideCredentials: () => Promise.resolve(true),
      getProvider: (account) => Promise.resolve(new Keys(account)),
    });
  },
};
