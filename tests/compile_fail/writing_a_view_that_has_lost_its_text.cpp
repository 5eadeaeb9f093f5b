// SPDX-License-Identifier: MIT
// expect: object backing the pointer will be destroyed at the end of the full-expression
// only: clang 16
// flags: -Werror=dangling-gsl
#include <string>
#include <string_view>

#include <tlsmode/tlsmode.hpp>

tlsmode::WriteResult test(tlsmode::Connection<tlsmode::Client>& connection, std::string& text) {
#ifdef CONTROL
  text += "!";
  const std::string_view view = text;
  return connection.write(view);
#else
  const std::string_view view = text + "!";
  return connection.write(view);
#endif
}
