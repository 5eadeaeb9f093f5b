# SPDX-License-Identifier: MIT
# For a checkout, with Conan 2: conan create packaging/conan
import pathlib
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.files import copy


class Tlsmode(ConanFile):
    name = "tlsmode"
    license = "MIT"
    description = "TLS over OpenSSL 3 with the write rules in the types (header-only, C++20)"
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    no_copy_source = True

    def set_version(self):
        text = (pathlib.Path(self.recipe_folder) / "../../meson.build").read_text()
        self.version = re.search(r"version: '([0-9.]+)'", text)[1]

    def export_sources(self):
        root = pathlib.Path(self.recipe_folder) / "../.."
        copy(self, "LICENSE", root, self.export_sources_folder)
        copy(self, "*.hpp", root / "include", pathlib.Path(self.export_sources_folder) / "include")

    def requirements(self):
        self.requires("openssl/[>=3.0 <4]", transitive_headers=True, transitive_libs=True)

    def validate(self):
        check_min_cppstd(self, 20)

    def package_id(self):
        self.info.clear()

    def package(self):
        copy(self, "LICENSE", self.source_folder, pathlib.Path(self.package_folder) / "licenses")
        copy(self, "*.hpp", pathlib.Path(self.source_folder) / "include", pathlib.Path(self.package_folder) / "include")

    def package_info(self):
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = []
        self.cpp_info.set_property("cmake_target_name", "tlsmode::tlsmode")
