// SPDX-License-Identifier: MIT
// expect: object whose reference is captured by 'connection' will be destroyed at the end of the full-expression
// only: clang 20
// flags: -Werror=dangling-capture
#include <string>
#include <string_view>

#include <tlsmode/tlsmode.hpp>

tlsmode::WriteResult test(tlsmode::Connection<tlsmode::Client>& connection, std::string& text) {
#ifdef CONTROL
  text += "!";
  return connection.write(std::string_view{text}.substr(1));
#else
  return connection.write(std::string_view{text + "!"});
#endif
}
