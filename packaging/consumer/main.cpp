// A program that found tlsmode: it compiles the headers and links both libraries.
#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include <tlsmode/tlsmode.hpp>

int main() { return ::OPENSSL_init_ssl(0, nullptr) == 1 && ::OpenSSL_version_num() >= 0x30000000L ? 0 : 1; }
