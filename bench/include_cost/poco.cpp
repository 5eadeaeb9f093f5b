// SPDX-License-Identifier: MIT
#include <Poco/Net/Context.h>
#include <Poco/Net/NetSSL.h>
#include <Poco/Net/SecureStreamSocket.h>

#include <cstdio>

int main(int, char** argv) try {
  Poco::Net::initializeSSL();
  const Poco::Net::Context::Ptr context =
      new Poco::Net::Context(Poco::Net::Context::TLS_CLIENT_USE, "", Poco::Net::Context::VERIFY_STRICT, 9, true);
  Poco::Net::SecureStreamSocket socket(Poco::Net::SocketAddress(argv[1], argv[2]), argv[1], context);
  socket.sendBytes(argv[3], 64);
  char answer[4096];
  for (int count; (count = socket.receiveBytes(answer, sizeof answer)) > 0;)
    std::fwrite(answer, 1, static_cast<unsigned>(count), stdout);
  socket.shutdown();
} catch (const Poco::Exception& error) {
  std::fprintf(stderr, "%s\n", error.displayText().c_str());
  return 1;
}
