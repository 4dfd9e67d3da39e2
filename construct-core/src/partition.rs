//! Partitions: the separate worlds that regions belong to.

use std::fmt;

/// A group of regions with ARNs, endpoints and accounts of its own.
///
/// Nothing can be assumed, read or delivered across a partition.
/// See <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Partition {
    /// The commercial regions, `arn:aws:…`.
    Aws,
    /// The regions in China, `arn:aws-cn:…`.
    AwsCn,
    /// GovCloud (US), `arn:aws-us-gov:…`.
    AwsUsGov,
    /// Isolated regions, `arn:aws-iso:…`.
    AwsIso,
    /// Isolated regions, `arn:aws-iso-b:…`.
    AwsIsoB,
    /// Isolated regions, `arn:aws-iso-e:…`.
    AwsIsoE,
    /// Isolated regions, `arn:aws-iso-f:…`.
    AwsIsoF,
    /// The European sovereign cloud, `arn:aws-eusc:…`.
    AwsEusc,
}

impl Partition {
    /// The second part of every ARN of the partition.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::AwsCn => "aws-cn",
            Self::AwsUsGov => "aws-us-gov",
            Self::AwsIso => "aws-iso",
            Self::AwsIsoB => "aws-iso-b",
            Self::AwsIsoE => "aws-iso-e",
            Self::AwsIsoF => "aws-iso-f",
            Self::AwsEusc => "aws-eusc",
        }
    }

    /// The domain of the partition's endpoints: what `AWS::URLSuffix` gives, and what ends a `kms:ViaService` value.
    #[must_use]
    pub const fn url_suffix(self) -> &'static str {
        match self {
            Self::Aws | Self::AwsUsGov => "amazonaws.com",
            Self::AwsCn => "amazonaws.com.cn",
            Self::AwsIso => "c2s.ic.gov",
            Self::AwsIsoB => "sc2s.sgov.gov",
            Self::AwsIsoE => "cloud.adc-e.uk",
            Self::AwsIsoF => "csp.hci.ic.gov",
            Self::AwsEusc => "amazonaws.eu",
        }
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
