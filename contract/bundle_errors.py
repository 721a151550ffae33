"""What can be wrong with a bundle."""


class BundleError(Exception):
    """A bundle cannot be served."""


class BundleMissing(BundleError):
    """There is no such bundle."""


class BundleDamaged(BundleError):
    """A file of the bundle is missing, cut, edited or swapped."""


class BundleIncompatible(BundleError):
    """The bundle is in a format that this release does not read, or reads no more."""


class BundleUnsigned(BundleError):
    """The bundle bears no signature of an accepted key."""


class GoldenMismatch(BundleError):
    """The bundle scores its golden rows otherwise than its trainer did."""
