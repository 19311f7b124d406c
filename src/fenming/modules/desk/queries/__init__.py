"""What the pages show. Every visitor's scope is applied by the modules that are asked."""
