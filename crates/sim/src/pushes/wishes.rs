//! What a client is about: one wish after the other, of all that a registry is for.

use super::client::{Client, Done, GaveUp};
use super::image::{Image, any_repository, any_tag};
use super::told::Ask;
use crate::chance::{once_in, one_of, weighted};
use api::{ecr, ecs};
use base::Dice;
use bytes::Bytes;
use http::Method;
use model::registry::digest_of;

impl Client {
    /// Wishes for something, and goes on until it has it or gives up.
    pub async fn wish(self) {
        let _working = self.told.work();
        if let Err(GaveUp(why)) = self.wished().await {
            self.told.say(&self.name, format!("gives up: {why}"));
        }
    }

    async fn wished(&self) -> Done {
        let dice = &*self.dice;
        let repository = any_repository(dice);
        match weighted(dice, &[8, 30, 30, 16, 14, 3, 8, 8, 10, 6, 5, 4, 4]) {
            0 => self.create(repository).await,
            1 => {
                let tag = (!once_in(dice, 4)).then(|| any_tag(dice));
                self.push_by_api(repository, &Image::any(dice), tag).await
            }
            2 => {
                let tag = (!once_in(dice, 4)).then(|| any_tag(dice));
                self.push_by_door(repository, &Image::any(dice), tag).await
            }
            3 => match (once_in(dice, 2), self.some()) {
                (true, Some((repository, digest))) => self.pull(&repository, &digest).await,
                _ => self.pull(repository, any_tag(dice)).await,
            },
            4 => self.delete(repository).await,
            5 => self.delete_all(repository).await,
            6 => self.lifecycle(repository).await,
            7 => self.replicate().await,
            8 => self.run_it().await,
            9 => self.retag().await,
            10 => self.fix_tags(repository).await,
            11 => self.archive().await,
            _ => self.unlink(repository).await,
        }
    }

    /// An image that was pushed, mostly lately.
    fn some(&self) -> Option<(String, String)> {
        let pushed = self.told.pushed.borrow();
        let lately = &pushed[pushed.len().saturating_sub(8)..];
        let list = if once_in(&*self.dice, 4) { &pushed[..] } else { lately };
        (!list.is_empty()).then(|| one_of(&*self.dice, list).clone())
    }

    async fn create(&self, repository: &str) -> Done {
        let mutability = one_of(
            &*self.dice,
            &[
                "",
                "",
                r#","imageTagMutability":"IMMUTABLE""#,
                r#","imageTagMutability":"IMMUTABLE_WITH_EXCLUSION","imageTagMutabilityExclusionFilters":[{"filterType":"WILDCARD","filter":"dev-*"}]"#,
            ],
        );
        let body = format!(r#"{{"repositoryName":"{repository}"{mutability}}}"#);
        let made = self.ask::<ecr::CreateRepositoryResponse>(&ecr::ECR, "CreateRepository", &body);
        made.await.map(drop)
    }

    async fn fix_tags(&self, repository: &str) -> Done {
        let kind = one_of(&*self.dice, &["MUTABLE", "IMMUTABLE"]);
        let body = format!(r#"{{"repositoryName":"{repository}","imageTagMutability":"{kind}"}}"#);
        let put = self.ask::<ecr::PutImageTagMutabilityResponse>(&ecr::ECR, "PutImageTagMutability", &body);
        put.await.map(drop)
    }

    async fn delete(&self, repository: &str) -> Done {
        if let Some((repository, digest)) = self.some().filter(|_| once_in(&*self.dice, 2)) {
            if once_in(&*self.dice, 3) {
                return self.delete_by_door(&repository, &digest).await;
            }
            let _asking = self.told.ask(Ask::Image(self.id(&repository), digest.clone()));
            let body = format!(r#"{{"repositoryName":"{repository}","imageIds":[{{"imageDigest":"{digest}"}}]}}"#);
            let gone = self.ask::<ecr::BatchDeleteImageResponse>(&ecr::ECR, "BatchDeleteImage", &body);
            return gone.await.map(drop);
        }
        let tag = any_tag(&*self.dice);
        let _asking = self.told.ask(Ask::Tag(self.id(repository), tag.to_string()));
        let body = format!(r#"{{"repositoryName":"{repository}","imageIds":[{{"imageTag":"{tag}"}}]}}"#);
        let gone = self.ask::<ecr::BatchDeleteImageResponse>(&ecr::ECR, "BatchDeleteImage", &body);
        gone.await.map(drop)
    }

    async fn delete_all(&self, repository: &str) -> Done {
        let _asking = self.told.ask(Ask::Repository(self.id(repository)));
        let force = !once_in(&*self.dice, 3);
        let body = format!(r#"{{"repositoryName":"{repository}","force":{force}}}"#);
        let gone = self.ask::<ecr::DeleteRepositoryResponse>(&ecr::ECR, "DeleteRepository", &body);
        gone.await.map(drop)
    }

    async fn lifecycle(&self, repository: &str) -> Done {
        if once_in(&*self.dice, 4) {
            let body = format!(r#"{{"repositoryName":"{repository}"}}"#);
            let gone = self.ask::<ecr::DeleteLifecyclePolicyResponse>(&ecr::ECR, "DeleteLifecyclePolicy", &body);
            return gone.await.map(drop);
        }
        let keep = 1 + self.dice.below(4);
        let any = format!(
            r#"{{"rulePriority":9,"selection":{{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":{keep}}},"action":{{"type":"expire"}}}}"#
        );
        let untagged = r#"{"rulePriority":1,"selection":{"tagStatus":"untagged","countType":"imageCountMoreThan","countNumber":1},"action":{"type":"expire"}}"#.to_string();
        let dev = r#"{"rulePriority":2,"selection":{"tagStatus":"tagged","tagPatternList":["dev-*"],"countType":"sinceImagePushed","countUnit":"days","countNumber":1},"action":{"type":"expire"}}"#.to_string();
        let rules = match self.dice.below(3) {
            0 => any,
            1 => untagged,
            _ => [untagged, dev, any].join(","),
        };
        let text = format!(r#"{{"rules":[{rules}]}}"#).replace('"', r#"\""#);
        let body = format!(r#"{{"repositoryName":"{repository}","lifecyclePolicyText":"{text}"}}"#);
        let put = self.ask::<ecr::PutLifecyclePolicyResponse>(&ecr::ECR, "PutLifecyclePolicy", &body);
        put.await.map(drop)
    }

    /// What was there before is copied too, or somebody thinks better of it.
    async fn fill(&self) -> Done {
        let body = r#"{"destination":{"region":"eu-west-1","registryId":"000000000000"}}"#;
        let begun: ecr::StartReplicationBackfillResponse =
            self.ask(&ecr::ECR, "StartReplicationBackfill", body).await?;
        if once_in(&*self.dice, 2) {
            let id = begun.replication_backfill_id.unwrap_or_default();
            let body = format!(r#"{{"replicationBackfillId":"{id}"}}"#);
            let stopped = self.ask::<ecr::StopReplicationBackfillResponse>(&ecr::ECR, "StopReplicationBackfill", &body);
            stopped.await?;
        }
        Ok(())
    }

    async fn replicate(&self) -> Done {
        if once_in(&*self.dice, 2) {
            return self.fill().await;
        }
        let rules = one_of(
            &*self.dice,
            &[
                "",
                r#"{"destinations":[{"region":"eu-west-1","registryId":"000000000000"}]}"#,
                r#"{"destinations":[{"region":"eu-west-1","registryId":"000000000000"}],"repositoryFilters":[{"filter":"team/","filterType":"PREFIX_MATCH"}]}"#,
            ],
        );
        let body = format!(r#"{{"replicationConfiguration":{{"rules":[{rules}]}}}}"#);
        let put = self.ask::<ecr::PutReplicationConfigurationResponse>(&ecr::ECR, "PutReplicationConfiguration", &body);
        put.await.map(drop)
    }

    /// A service is made of an image, named by its digest, or one of them ends.
    async fn run_it(&self) -> Done {
        let service = one_of(&*self.dice, &["front", "back"]);
        if once_in(&*self.dice, 4) {
            let body = format!(r#"{{"service":"{service}","force":true}}"#);
            let gone = self.ask::<ecs::DeleteServiceResponse>(&ecs::ECS, "DeleteService", &body);
            return gone.await.map(drop);
        }
        let Some((repository, digest)) = self.some() else {
            return Ok(());
        };
        let body = format!(
            r#"{{"family":"{service}","containerDefinitions":[{{"name":"app","image":"127.0.0.1:4566/{repository}@{digest}","memory":64}}]}}"#
        );
        self.ask::<ecs::RegisterTaskDefinitionResponse>(&ecs::ECS, "RegisterTaskDefinition", &body)
            .await?;
        let body = format!(r#"{{"service":"{service}","taskDefinition":"{service}"}}"#);
        if self
            .ask::<ecs::UpdateServiceResponse>(&ecs::ECS, "UpdateService", &body)
            .await
            .is_ok()
        {
            return Ok(());
        }
        let body = format!(r#"{{"serviceName":"{service}","taskDefinition":"{service}","desiredCount":1}}"#);
        let made = self.ask::<ecs::CreateServiceResponse>(&ecs::ECS, "CreateService", &body);
        made.await.map(drop)
    }

    /// An image gets another tag, as it is done with ECR's API: read, and put again.
    async fn retag(&self) -> Done {
        let Some((repository, digest)) = self.some() else {
            return Ok(());
        };
        let body = format!(r#"{{"repositoryName":"{repository}","imageIds":[{{"imageDigest":"{digest}"}}]}}"#);
        let got: ecr::BatchGetImageResponse = self.ask(&ecr::ECR, "BatchGetImage", &body).await?;
        let Some(image) = got.images.into_iter().flatten().next() else {
            return Ok(());
        };
        let document = image.image_manifest.unwrap_or_default();
        let right = digest_of(document.as_bytes()) == digest;
        self.told.law(right, "what is pulled is what was asked for", &*digest);
        let tag = any_tag(&*self.dice);
        let text = document.replace('"', r#"\""#);
        let body = format!(r#"{{"repositoryName":"{repository}","imageManifest":"{text}","imageTag":"{tag}"}}"#);
        let put = self.ask::<ecr::PutImageResponse>(&ecr::ECR, "PutImage", &body);
        put.await.map(drop)
    }

    async fn archive(&self) -> Done {
        let Some((repository, digest)) = self.some() else {
            return Ok(());
        };
        let class = one_of(&*self.dice, &["ARCHIVE", "STANDARD"]);
        let body = format!(
            r#"{{"repositoryName":"{repository}","imageId":{{"imageDigest":"{digest}"}},"targetStorageClass":"{class}"}}"#
        );
        let put = self.ask::<ecr::UpdateImageStorageClassResponse>(&ecr::ECR, "UpdateImageStorageClass", &body);
        put.await.map(drop)
    }

    /// A blob is deleted at the door: only if no image uses it.
    async fn unlink(&self, repository: &str) -> Done {
        let image = Image::any(&*self.dice);
        if let Some(blob) = image.blobs.first() {
            let path = format!("/v2/{repository}/blobs/{}", digest_of(blob));
            self.knock(Method::DELETE, &path, &[], Bytes::new()).await;
        }
        Ok(())
    }
}
