// SPDX-License-Identifier: MIT
// expect: // FIX: retry() takes no bytes here; or use MovingWrites
#include <string_view>

#include <tlsmode/tlsmode.hpp>

struct Policy : tlsmode::Client {
  using Writes = tlsmode::StrictWrites;
};

tlsmode::WriteResult test(tlsmode::Connection<Policy>& connection, std::string_view text) {
#ifdef CONTROL
  static_cast<void>(text);
  return connection.retry();
#else
  return connection.retry(text);
#endif
}
